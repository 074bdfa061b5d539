extension JSONReader {
    /// A whole number, written without a fraction or an exponent.
    package mutating func readInt64() throws(JSONRefusal) -> Int64 {
        let number = try readNumber("must be a whole number")
        guard number.isWhole else { throw JSONRefusal(offset: number.start, reason: "must be a whole number") }
        guard let value = number.int64 else { throw JSONRefusal(offset: number.start, reason: Self.beyond64Bits) }
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
        if number.isWhole, number.int64 == nil { throw JSONRefusal(offset: number.start, reason: Self.beyond64Bits) }
        if number.decimal.double == nil { _ = try readExtreme(number) }
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
        var isWhole = true

        var int64: Int64? {
            guard !decimal.isCut else { return nil }
            guard decimal.isNegative else { return Int64(exactly: decimal.significand) }
            return decimal.significand <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- decimal.significand) : nil
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
            number.isWhole = false
            number.decimal.exponent = -(try readDigits(&number.decimal))
        }
        if position < count, byte(position) | 0x20 == UInt8(ascii: "e") {
            position += 1
            number.isWhole = false
            try readExponent(&number.decimal)
        }
        return number
    }

    /// - Returns: how many there are, at least one.
    private mutating func readDigits(_ decimal: inout Decimal) throws(JSONRefusal) -> Int {
        let start = position
        while position < count, isDigit(byte(position)) {
            decimal.append(byte(position) & 0xf)
            position += 1
        }
        guard position > start else { throw broken() }
        return position - start
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
