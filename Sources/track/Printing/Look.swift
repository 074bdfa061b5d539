/// What the terminal can show.
package struct Look: Hashable, Sendable {
    package let unicode: Bool
    package let colour: Bool

    package init(unicode: Bool, colour: Bool) {
        self.unicode = unicode
        self.colour = colour
    }

    /// By the locale, `NO_COLOR` and `TERM`.
    package init(environment: [String: String], isTerminal: Bool) {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let name = locale.uppercased()
        unicode = name.contains("UTF-8") || name.contains("UTF8")
        colour = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    /// The text with track's own symbols in ASCII where the locale has no others. One character for one, so that columns stay.
    package func spelled(_ text: String) -> String {
        unicode ? text : String(text.map { Look.ascii[$0] ?? $0 })
    }

    private static let ascii: [Character: Character] = [
        "▲": "^", "▼": "v", "●": "=", "◆": "?", "△": "^", "▽": "v", "○": "=", "≠": "!", "✕": "x", "·": "-", "✓": "+", "–": "-", "—": "-",
        "≥": ">", "␣": "_", "⏎": "$", "⇥": ">",
        "…": "~", "→": ">", "×": "x", "±": "~", "“": "\"", "”": "\"", "’": "'", "θ": "t", "Σ": "S",
    ]

    package enum Colour: String, Sendable { case red = "31", green = "32", yellow = "33", faint = "2", bold = "1" }

    package func painted(_ text: String, _ colour: Colour?) -> String {
        guard self.colour, let colour, !text.isEmpty else { return text }
        return "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m"
    }
}
