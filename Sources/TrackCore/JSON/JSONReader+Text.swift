extension JSONReader {
    /// A string's content: bytes of the input, or bytes of its own where the input has escapes. It is valid as long as its reader.
    package struct Text {
        /// Of the opening quotation mark.
        let offset: Int
        // Safe: points into the reader's input, which outlives it.
        private let content: UnsafeRawBufferPointer
        private let unescaped: [UInt8]?

        fileprivate init(offset: Int, content: UnsafeRawBufferPointer, unescaped: [UInt8]? = nil) {
            self.offset = offset
            self.content = content
            self.unescaped = unescaped
        }

        package func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
            guard let unescaped else { return body(content) }
            return unescaped.withUnsafeBytes(body)
        }

        package var bytes: [UInt8] { unescaped ?? Array(content) }

        package var string: String { withBytes { String(decoding: $0, as: UTF8.self) } }

        package static func == (text: Text, other: Text) -> Bool {
            text.withBytes { bytes in other.withBytes { bytes.count == $0.count && bytes.elementsEqual($0) } }
        }

        /// The word, of ASCII letters, that this is among those given.
        @inline(__always)
        package static func ~= (word: StaticString, text: Text) -> Bool {
            text.withBytes { bytes in
                bytes.count == word.utf8CodeUnitCount
                    && bytes.elementsEqual(UnsafeRawBufferPointer(start: word.utf8Start, count: bytes.count))
            }
        }
    }

    /// A string, from its opening quotation mark, at which the reader stands.
    mutating func readText(limit: Int) throws(JSONRefusal) -> Text {
        let start = position
        position += 1
        try skipPlain()
        var unescaped: [UInt8]?
        if byte(position) == UInt8(ascii: "\\") { unescaped = try readEscaped(from: start + 1) }
        let content = slice(from: start + 1, to: position)
        position += 1
        guard (unescaped?.count ?? content.count) <= limit else {
            throw JSONRefusal(offset: start, reason: "is longer than \(limit) bytes")
        }
        return Text(offset: start, content: content, unescaped: unescaped)
    }

    /// Moves to the next quotation mark or backslash of a string.
    private mutating func skipPlain() throws(JSONRefusal) {
        while true {
            skipEightAtATime()
            guard position < count else { throw broken() }
            switch byte(position) {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): return
            case 0: throw refusal("holds a NUL character, which cannot be kept")
            case 1..<0x20: throw refusal("holds a control character that is not escaped")
            case 0x20..<0x80: position += 1
            default: try skipScalar()
            }
        }
    }

    /// Moves over whole groups of eight bytes in which every one is plain ASCII.
    ///
    /// `(x − 0x20…) & ~x` has a byte's high bit set where the byte is below 0x20, and `(x − 0x01…) & ~x` where it is zero; a borrow can
    /// only add marks above the first one, and the first one is all that counts.
    @inline(__always)
    private mutating func skipEightAtATime() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x8080_8080_8080_8080
        while position + 8 <= count {
            let word = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
            let control = (word &- (ones &* 0x20)) & ~word
            let marks = (word | control | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)) & high
            if marks != 0 {
                position += marks.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
    }

    /// Moves over one scalar of two to four bytes, well-formed by Unicode's table 3-7.
    private mutating func skipScalar() throws(JSONRefusal) {
        let lead = byte(position)
        let second: ClosedRange<UInt8>
        let length: Int
        switch lead {
        case 0xc2...0xdf: (second, length) = (0x80...0xbf, 2)
        case 0xe0: (second, length) = (0xa0...0xbf, 3)
        case 0xed: (second, length) = (0x80...0x9f, 3)
        case 0xe1...0xef: (second, length) = (0x80...0xbf, 3)
        case 0xf0: (second, length) = (0x90...0xbf, 4)
        case 0xf1...0xf3: (second, length) = (0x80...0xbf, 4)
        case 0xf4: (second, length) = (0x80...0x8f, 4)
        default: throw refusal("is not UTF-8")
        }
        guard position + length <= count, second.contains(byte(position + 1)) else { throw refusal("is not UTF-8") }
        var scalar = (UInt32(lead) & 0x7f >> UInt32(length)) << 6 | UInt32(byte(position + 1) & 0x3f)
        for index in 2..<max(length, 2) {
            let unit = byte(position + index)
            guard unit & 0xc0 == 0x80 else { throw refusal("is not UTF-8") }
            scalar = scalar << 6 | UInt32(unit & 0x3f)
        }
        try checkIsCharacter(scalar)
        position += length
    }

    /// Reads on from the first backslash to the closing quotation mark.
    private mutating func readEscaped(from start: Int) throws(JSONRefusal) -> [UInt8] {
        var text = Array(slice(from: start, to: position))
        while byte(position) == UInt8(ascii: "\\") {
            guard position + 1 < count else { throw broken() }
            switch byte(position + 1) {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte(position + 1))
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0c)
            case UInt8(ascii: "n"): text.append(0x0a)
            case UInt8(ascii: "r"): text.append(0x0d)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try readEscapedScalar())).utf8)
            default: throw refusal("has an escape that JSON does not know")
            }
            position += 2
            let plain = position
            try skipPlain()
            text.append(contentsOf: slice(from: plain, to: position))
        }
        return text
    }

    /// `\uXXXX`, or two of them that make a pair; leaves the reader two bytes before the end of it.
    private mutating func readEscapedScalar() throws(JSONRefusal) -> Unicode.Scalar {
        var value = UInt32(try hexadecimal(at: position + 2))
        if value & 0xfc00 == 0xd800, position + 7 < count, byte(position + 6) == UInt8(ascii: "\\"),
            byte(position + 7) == UInt8(ascii: "u")
        {
            let low = UInt32(try hexadecimal(at: position + 8))
            guard low & 0xfc00 == 0xdc00 else { throw refusal("holds half of a surrogate pair") }
            value = 0x10000 + (value & 0x3ff) << 10 + (low & 0x3ff)
            position += 6
        }
        guard let scalar = Unicode.Scalar(value) else { throw refusal("holds half of a surrogate pair") }
        guard value != 0 else { throw refusal("holds a NUL character, which cannot be kept") }
        try checkIsCharacter(value)
        position += 4
        return scalar
    }

    private func hexadecimal(at offset: Int) throws(JSONRefusal) -> UInt16 {
        guard offset + 4 <= count else { throw broken() }
        var value: UInt16 = 0
        for index in offset..<(offset + 4) {
            switch byte(index) {
            case let digit where digit >= UInt8(ascii: "0") && digit <= UInt8(ascii: "9"): value = value << 4 | UInt16(digit & 0xf)
            case let letter where letter | 0x20 >= UInt8(ascii: "a") && letter | 0x20 <= UInt8(ascii: "f"):
                value = value << 4 | UInt16((letter | 0x20) - UInt8(ascii: "a") + 10)
            default: throw refusal("has an escape that JSON does not know")
            }
        }
        return value
    }

    private func checkIsCharacter(_ scalar: UInt32) throws(JSONRefusal) {
        guard limits.allowsNoncharacters || !(scalar & 0xfffe == 0xfffe || (0xfdd0...0xfdef).contains(scalar)) else {
            throw refusal("holds U+\(String(scalar, radix: 16, uppercase: true)), which is not a character")
        }
    }

    private func refusal(_ reason: String) -> JSONRefusal { JSONRefusal(offset: position, reason: reason) }
}
