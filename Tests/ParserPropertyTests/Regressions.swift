import ParserProperties

/// Inputs that have broken a property, by its name: what `scripts/fuzz` found, made small. Each stands with what was wrong.
enum Regressions {
    static func of(_ property: ParserProperty) -> [String] { found[property.name] ?? [] }

    private static let found: [String: [String]] = [:]
}
