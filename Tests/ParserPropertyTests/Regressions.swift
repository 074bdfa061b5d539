import ParserProperties

/// Inputs that have broken a property, by its name: what `scripts/fuzz` found, made small. Each stands with what was wrong.
enum Regressions {
    static func of(_ property: ParserProperty) -> [[UInt8]] { found[property.name] ?? [] }

    private static let found: [String: [[UInt8]]] = [
        // UUID(uuidString:) reads a sign in the place of a digit.
        "words": [Array("0192f3a4-5b6c-7d8e-9f00-112233-45566".utf8)],
        // JSONDecoder.allowsJSON5 ended the process for bytes that are no UTF-8 where a name should be.
        "checkpoint": [Array("{}".utf8) + [0] + Array("{}".utf8) + [0] + Array("{".utf8) + [0xff, 0xff] + Array(":1}".utf8)],
    ]
}
