/// Sentences that came as text.
enum Prose {
    /// ``unbroken(_:)`` with its options, `--in-domain`, in the letters of a command and in one piece.
    static func markup(_ sentence: String) -> Markup {
        let words = unbroken(sentence).split(separator: " ", omittingEmptySubsequences: false)
        return words.enumerated().map { index, word -> Markup in
            let text: Markup = isOption(word) ? "<code>\(String(word))</code>" : "\(String(word))"
            return index == 0 ? text : " " + text
        }.joined()
    }

    /// Small letters and hyphens only, so that no name makes an element of a page, and no longer than a phone is wide.
    private static func isOption(_ word: Substring) -> Bool {
        let name = word.utf8.drop { $0 == hyphen }
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        return word.hasPrefix("--") && (2...22).contains(name.count)
            && name.allSatisfy { letters.contains($0) || $0 == hyphen || ".,:;".utf8.contains($0) }
    }

    private static let hyphen = UInt8(ascii: "-")

    /// The same sentence, its numbers never parted from their per cent signs at the end of a line.
    static func unbroken(_ sentence: String) -> String {
        sentence.replacing(" %", with: "\u{A0}%")
    }
}
