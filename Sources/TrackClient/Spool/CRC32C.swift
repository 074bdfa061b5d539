/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), as in RFC 3720 section 12.1. A quick check against torn and flipped bytes.
///
/// Eight bytes at a time ("slicing by 8", Kounavis and Berry 2005): a record may have 64 MiB.
package struct CRC32C {
    private var state: UInt32 = 0xffff_ffff

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state = CRC32C.tables.withUnsafeBufferPointer { tables in
            var state = state
            var offset = 0
            while offset + 8 <= bytes.count {
                let low = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) ^ state
                let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
                state =
                    tables[1792 + Int(low & 0xff)] ^ tables[1536 + Int(low >> 8 & 0xff)] ^ tables[1280 + Int(low >> 16 & 0xff)]
                    ^ tables[1024 + Int(low >> 24)]
                state ^=
                    tables[768 + Int(high & 0xff)] ^ tables[512 + Int(high >> 8 & 0xff)] ^ tables[256 + Int(high >> 16 & 0xff)]
                    ^ tables[Int(high >> 24)]
                offset += 8
            }
            while offset < bytes.count {
                state = tables[Int(UInt8(truncatingIfNeeded: state) ^ bytes[offset])] ^ (state >> 8)
                offset += 1
            }
            return state
        }
    }

    package var checksum: UInt32 { ~state }

    /// Eight lower-case hexadecimal digits.
    package var hex: String {
        let digits = String(checksum, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// Table n takes a byte that n further bytes follow.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 2048)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
            tables[index] = value
        }
        for index in 256..<2048 {
            let before = tables[index - 256]
            tables[index] = tables[Int(before & 0xff)] ^ (before >> 8)
        }
        return tables
    }()
}
