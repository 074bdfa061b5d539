/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), as in RFC 3720 section 12.1. A quick check against torn and flipped bytes.
package enum CRC32C {
    package static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
        var state: UInt32 = 0xffff_ffff
        for byte in bytes { state = table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ (state >> 8) }
        return ~state
    }

    /// Eight lower-case hexadecimal digits.
    package static func hex(of bytes: some Sequence<UInt8>) -> String {
        let digits = String(checksum(of: bytes), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    private static let table: [UInt32] = (0..<256).map { index in
        var value = UInt32(index)
        for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
        return value
    }
}
