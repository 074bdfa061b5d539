import FoundationEssentials

/// RFC 9562, version 7: 48 bits of milliseconds, 74 random bits.
enum UUIDv7 {
    /// The 36-character form.
    static func make() -> [UInt8] {
        let milliseconds = UInt64(Date().timeIntervalSince1970 * 1000)
        let high = milliseconds << 16 | 0x7000 | UInt64.random(in: 0...0x0fff)
        let low = 1 << 63 | UInt64.random(in: 0..<(1 << 62))
        var text: [UInt8] = []
        text.reserveCapacity(36)
        let digits = Array("0123456789abcdef".utf8)
        for (index, nibble) in (0..<32).enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
            let word = nibble < 16 ? high : low
            text.append(digits[Int(word >> UInt64(60 - 4 * (nibble % 16)) & 0xf)])
        }
        return text
    }
}
