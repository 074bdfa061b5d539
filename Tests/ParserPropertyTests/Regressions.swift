import ParserProperties

/// Inputs that have broken a property, by its name: what `scripts/fuzz` found, made small. Each stands with what was wrong.
enum Regressions {
    static func of(_ property: ParserProperty) -> [[UInt8]] { found[property.name] ?? [] }

    private static let found: [String: [[UInt8]]] = [
        // UUID(uuidString:) reads a sign in the place of a digit.
        "words": [Array("0192f3a4-5b6c-7d8e-9f00-112233-45566".utf8)],
        // Foundation reads a year of five digits, which no text of ours has.
        "run": [
            Array(
                #"""
                {"run":{"checkpoint":{"digest":"sha256:9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c","lineage":"a"},
                "domains":[{"name":"code/python","reason":"NLL is NaN","status":"failed"}],"environment":{},"reason":"added",
                "evaluated_at":"20261-1-18T11:06:40.123Z","evaluator":"e","id":"0192f3a4-5b6c-7d8e-9f00-112233445566",
                "protocol":{"context":128,"dtype":"float32","prefix":"bos-or-eos","rule":1,"scoring":"all-tokens","windows":"disjoint"},
                "revision":"sha256:2b214ddf3326016519afcb268f63623b80b91a65265277668e4d020d87dd9078"}}
                """#.utf8)
        ],
        // JSONDecoder ended the process for a text that ends with its 513th bracket.
        "upload": [Array("\n".utf8) + Array(repeating: UInt8(ascii: "["), count: 513)],
        // JSONDecoder.allowsJSON5 ended the process for bytes that are no UTF-8 where a name should be.
        "checkpoint": [Array("{}".utf8) + [0] + Array("{}".utf8) + [0] + Array("{".utf8) + [0xff, 0xff] + Array(":1}".utf8)],
    ]
}
