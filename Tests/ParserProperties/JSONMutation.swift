/// Changes a JSON text where it matters: whole values, members and lists instead of bytes, and the values that break careless readers.
///
/// It works on tokens and needs no sound text, so that a change can be changed again.
package struct JSONMutation {
    /// Values that have broken readers of JSON: numbers past every type, in odd spellings, texts that a database cannot keep, depth.
    static let values: [[UInt8]] =
        [
            "null", "true", "false", "0", "-0", "-0.0", "1", "-1", "1.0", "1e0", "0.5", "1e999", "-1e999", "1e-400", "4.9e-324", "1e308",
            "2147483647",
            "2147483648", "4294967296", "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
            "18446744073709551616", "123456789012345678901234567890", "NaN", "Infinity", "\"inf\"", "\"-inf\"", "\"nan\"", "\"\"",
            "\"\\u0000\"",
            "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\udc00x\"", "\"e\\u0301\"", "\"\\u00e9\"", "\"\u{202E}\u{FEFF}\"", "[]", "{}", "[[]]",
            "[0,0]",
            "[9223372036854775807,9223372036854775807,2]", "\"9999-12-31T23:59:59.999Z\"", "\"0000-01-01T00:00:00Z\"",
            "\"292278994-08-17T07:12:55.807Z\"", "\"-9999-01-01T00:00:00Z\"", "\"2026-02-30T24:00:60.9999999999Z\"", "\"0x1p-2\"",
        ].map { Array($0.utf8) }
        + [Array(String(repeating: "[", count: 600).utf8), Array(String(repeating: "x", count: 300).utf8)].map { $0 }

    private var random: any RandomNumberGenerator

    package init(using random: some RandomNumberGenerator) { self.random = random }

    /// The text with one to three changes.
    package mutating func change(_ text: [UInt8]) -> [UInt8] {
        var text = text
        for _ in 0..<Int.random(in: 1...3, using: &random) { text = changeOnce(text) }
        return text
    }

    private mutating func changeOnce(_ text: [UInt8]) -> [UInt8] {
        let tokens = Self.tokens(of: text)
        guard let place = tokens.randomElement(using: &random) else { return Self.values.randomElement(using: &random) ?? [] }
        let other = tokens.randomElement(using: &random) ?? place
        var text = text
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1, 2:
            text.replaceSubrange(Self.value(at: place.lowerBound, in: text), with: Self.values.randomElement(using: &random) ?? [])
        case 3: text.replaceSubrange(Self.value(at: place.lowerBound, in: text), with: text[Self.value(at: other.lowerBound, in: text)])
        case 4: text.removeSubrange(Self.value(at: place.lowerBound, in: text))
        case 5:
            // A list or an object with one of its values or members twice.
            let value = Self.member(at: place.lowerBound, in: text)
            text.insert(contentsOf: text[value] + [UInt8(ascii: ",")], at: value.lowerBound)
        case 6: text.replaceSubrange(place, with: text[other])
        default:
            let index = Int.random(in: place, using: &random)
            text[index] = UInt8.random(in: .min ... .max, using: &random)
        }
        return text
    }

    /// Strings, numbers and words, brackets, colons and commas; white space is between them.
    static func tokens(of text: [UInt8]) -> [Range<Int>] {
        var tokens: [Range<Int>] = []
        var start = 0
        while start < text.count {
            var end = start + 1
            switch text[start] {
            case 0x20, 0x09, 0x0a, 0x0d:
                start = end
                continue
            case UInt8(ascii: "\""):
                while end < text.count, text[end] != UInt8(ascii: "\"") { end += text[end] == UInt8(ascii: "\\") ? 2 : 1 }
                end = min(end + 1, text.count)
            case let unit where isMark(unit): break
            default: while end < text.count, !isMark(text[end]), text[end] > 0x20, text[end] != UInt8(ascii: "\"") { end += 1 }
            }
            tokens.append(start..<end)
            start = end
        }
        return tokens
    }

    /// From a token to the end of what it begins: a list and an object with all that is in them.
    static func value(at start: Int, in text: [UInt8]) -> Range<Int> {
        var depth = 0
        for token in tokens(of: Array(text[start...])) {
            switch text[start + token.lowerBound] {
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
            if depth <= 0 { return start..<(start + token.upperBound) }
        }
        return start..<text.count
    }

    /// A value, or with its name where a colon follows.
    private static func member(at start: Int, in text: [UInt8]) -> Range<Int> {
        let first = value(at: start, in: text)
        let rest = tokens(of: Array(text[first.upperBound...])).prefix(2)
        guard rest.count == 2, let colon = rest.first, text[first.upperBound + colon.lowerBound] == UInt8(ascii: ":"),
            let second = rest.last
        else { return first }
        return first.lowerBound..<value(at: first.upperBound + second.lowerBound, in: text).upperBound
    }

    private static func isMark(_ unit: UInt8) -> Bool {
        switch unit {
        case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ":"), UInt8(ascii: ","): true
        default: false
        }
    }
}
