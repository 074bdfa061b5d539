/// Sentences that came as text.
enum Prose {
    /// ``unbroken(_:)`` with its options, `--in-domain`, in the letters of a command and in one piece.
    static func markup(_ sentence: String) -> Markup {
        let words = unbroken(sentence).split(separator: " ", omittingEmptySubsequences: false)
        return words.enumerated().map { index, word -> Markup in
            let isOption = word.hasPrefix("--") && word.count <= longestOption
            let text: Markup = isOption ? "<code>\(String(word))</code>" : "\(String(word))"
            return index == 0 ? text : " " + text
        }.joined()
    }

    /// What is longer could be wider than a phone.
    private static let longestOption = 24

    /// The same sentence, its numbers never parted from their per cent signs at the end of a line.
    static func unbroken(_ sentence: String) -> String {
        sentence.replacing(" %", with: "\u{A0}%")
    }
}
