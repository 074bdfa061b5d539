import Testing
import TrackClient

@Suite struct CRC32CTests {
    @Test("agrees with the test vectors of RFC 3720, B.4, and the usual check value")
    func vectors() {
        #expect(CRC32C.checksum(of: Array("123456789".utf8)) == 0xe306_9283)
        #expect(CRC32C.checksum(of: [UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
        #expect(CRC32C.checksum(of: [UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
        #expect(CRC32C.checksum(of: Array(UInt8(0)...31)) == 0x46dd_794e)
        #expect(CRC32C.checksum(of: Array((UInt8(0)...31).reversed())) == 0x113f_db5c)
        #expect(CRC32C.checksum(of: []) == 0)
    }

    @Test("writes eight hexadecimal digits, leading zeros included")
    func hex() {
        #expect(CRC32C.hex(of: []) == "00000000")
        #expect(CRC32C.hex(of: Array("123456789".utf8)) == "e3069283")
    }
}
