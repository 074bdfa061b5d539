/// Sentences that came as text.
enum Prose {
    /// The same sentence, its numbers never parted from their per cent signs at the end of a line.
    static func unbroken(_ sentence: String) -> String {
        sentence.replacing(" %", with: "\u{A0}%")
    }
}
