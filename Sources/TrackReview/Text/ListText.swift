/// Lists and counts in sentences.
enum ListText {
    /// `1 domain`, `2 domains`.
    static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// The first few, then how many more: `a, b and c`, `a, b, c and 4 more`.
    static func few(_ items: [String], most: Int = 3) -> String {
        guard items.count > most + 1 else { return joined(items) }
        return items.prefix(most).joined(separator: ", ") + " and \(items.count - most) more"
    }

    private static func joined(_ items: [String]) -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + last
    }
}
