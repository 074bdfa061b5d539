import Testing
import TrackClient

@Suite struct CRC32CTests {
    private func crc(_ bytes: [UInt8]) -> CRC32C {
        var crc = CRC32C()
        bytes.withUnsafeBytes { crc.update($0) }
        return crc
    }

    @Test("agrees with the test vectors of RFC 3720, B.4, and the usual check value")
    func vectors() {
        #expect(crc(Array("123456789".utf8)).checksum == 0xe306_9283)
        #expect(crc([UInt8](repeating: 0, count: 32)).checksum == 0x8a91_36aa)
        #expect(crc([UInt8](repeating: 0xff, count: 32)).checksum == 0x62a8_ab43)
        #expect(crc(Array(UInt8(0)...31)).checksum == 0x46dd_794e)
        #expect(crc(Array((UInt8(0)...31).reversed())).checksum == 0x113f_db5c)
        #expect(crc([]).checksum == 0)
    }

    @Test("writes eight hexadecimal digits, leading zeros included")
    func hex() {
        #expect(crc([]).hex == "00000000")
        #expect(crc(Array("123456789".utf8)).hex == "e3069283")
    }

    @Test("pieces of any length make the same sum as the whole")
    func pieces() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        for size in [1, 3, 7, 8, 9, 64, 999] {
            var sum = CRC32C()
            for start in stride(from: 0, to: bytes.count, by: size) {
                Array(bytes[start..<min(bytes.count, start + size)]).withUnsafeBytes { sum.update($0) }
            }
            #expect(sum.checksum == crc(bytes).checksum)
        }
    }
}
