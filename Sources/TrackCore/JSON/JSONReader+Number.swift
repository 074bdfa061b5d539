extension JSONReader {
    /// A whole number, however it is written: JSON has one kind of number, and `1.0` is 1 for every other reader of ours too.
    package mutating func readInt64() throws(JSONRefusal) -> Int64 {
        let number = try readNumber("must be a whole number")
        guard let value = number.int64 else {
            throw JSONRefusal(offset: number.start, reason: number.decimal.exponent < 0 ? "must be a whole number" : Self.beyond64Bits)
        }
        return value
    }

    /// The nearest double, ties to even; the strings `"inf"`, `"-inf"` and `"nan"` stand for what JSON cannot write.
    package mutating func readDouble() throws(JSONRefusal) -> Double {
        guard next() != UInt8(ascii: "\"") else {
            let text = try readText(limit: limits.string)
            switch text {
            case "inf": return .infinity
            case "-inf": return -.infinity
            case "nan": return .nan
            default: throw JSONRefusal(offset: text.offset, reason: "must be a number")
            }
        }
        let number = try readNumber("must be a number")
        guard let value = number.decimal.double else { return try readExtreme(number) }
        return value
    }

    /// A number that nobody asks for, which must be one that somebody could.
    mutating func skipNumber() throws(JSONRefusal) {
        let number = try readNumber(JSONRefusal.notJSON)
        if number.isWrittenWhole, number.int64 == nil { throw JSONRefusal(offset: number.start, reason: Self.beyond64Bits) }
        let value: Double
        if let exact = number.decimal.double { value = exact } else { value = try readExtreme(number) }
        // No double of that size has a fraction, and Foundation's decoder cuts it off where a whole number is asked.
        guard number.decimal.exponent >= 0 || number.decimal.wholeMagnitude != nil || value.magnitude < 0x1p53 else {
            throw JSONRefusal(offset: number.start, reason: "is too large to have a fraction")
        }
    }

    private static var beyond64Bits: String { "is beyond the whole numbers of 64 bits" }

    /// What the exact arithmetic of ``Decimal`` does not cover goes to the standard library, which rounds correctly too.
    private func readExtreme(_ number: Number) throws(JSONRefusal) -> Double {
        let text = String(decoding: slice(from: number.start, to: position), as: UTF8.self)
        guard let value = Double(text) else { throw JSONRefusal(offset: number.start, reason: JSONRefusal.notJSON) }
        guard value.isFinite else {
            throw JSONRefusal(offset: number.start, reason: "is too large for a double; infinity is written \"inf\"")
        }
        guard value != 0 || number.decimal.isZero else {
            throw JSONRefusal(offset: number.start, reason: "is too small for a double, which would make it 0")
        }
        return value
    }

    // MARK: Grammar

    struct Number {
        let start: Int
        var decimal = Decimal()
        /// Whether it has neither a fraction nor an exponent.
        var isWrittenWhole = true

        var int64: Int64? {
            guard let magnitude = decimal.wholeMagnitude else { return nil }
            guard decimal.isNegative else { return Int64(exactly: magnitude) }
            return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
        }
    }

    private mutating func readNumber(_ wanted: String) throws(JSONRefusal) -> Number {
        let first = next()
        guard first == UInt8(ascii: "-") || isDigit(first) else {
            let isSpelled = first == UInt8(ascii: "N") || first == UInt8(ascii: "I")
            throw isSpelled
                ? JSONRefusal(offset: position, reason: "is not valid JSON: infinity is written \"inf\"; what is not a number is left out")
                : unexpected(wanted)
        }
        var number = Number(start: position)
        if first == UInt8(ascii: "-") {
            number.decimal.isNegative = true
            position += 1
        }
        let whole = try readDigits(&number.decimal)
        guard whole == 1 || byte(position - whole) != UInt8(ascii: "0") else {
            throw JSONRefusal(offset: number.start, reason: "has a leading zero")
        }
        if position < count, byte(position) == UInt8(ascii: ".") {
            position += 1
            number.isWrittenWhole = false
            number.decimal.exponent = -(try readDigits(&number.decimal))
        }
        if position < count, byte(position) | 0x20 == UInt8(ascii: "e") {
            position += 1
            number.isWrittenWhole = false
            try readExponent(&number.decimal)
        }
        return number
    }

    /// - Returns: how many there are, at least one.
    private mutating func readDigits(_ decimal: inout Decimal) throws(JSONRefusal) -> Int {
        // In variables of its own, which stay in registers: digits are most of what there is to read.
        var (end, number) = (position, decimal)
        while end < count, isDigit(byte(end)) {
            number.append(byte(end) & 0xf)
            end += 1
        }
        guard end > position else { throw broken() }
        defer { (position, decimal) = (end, number) }
        return end - position
    }

    private mutating func readExponent(_ decimal: inout Decimal) throws(JSONRefusal) {
        var isNegative = false
        if position < count, byte(position) == UInt8(ascii: "-") || byte(position) == UInt8(ascii: "+") {
            isNegative = byte(position) == UInt8(ascii: "-")
            position += 1
        }
        let start = position
        var exponent = 0
        while position < count, isDigit(byte(position)) {
            // Far beyond every double; more digits change nothing.
            if exponent < 100_000 { exponent = exponent * 10 + Int(byte(position) & 0xf) }
            position += 1
        }
        guard position > start else { throw broken() }
        decimal.exponent += isNegative ? -exponent : exponent
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
