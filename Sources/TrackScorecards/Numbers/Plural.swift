/// Counts with their noun.
enum Plural {
    static func domains(_ count: Int) -> String { of(count, "domain") }

    static func of(_ count: Int, _ noun: String) -> String { "\(NumberText.count(Int64(count))) \(noun)\(count == 1 ? "" : "s")" }
}
