import TrackCore

/// Where a lineage's card of a week lies inside the folder of scorecards.
///
/// A lineage's name is whatever somebody typed; only its slug and its number reach the file system.
package struct CardPath: Hashable, Sendable {
    /// `legal-tune-7`
    package let folder: String
    /// `2026-W47`
    package let week: String

    /// Nil unless `week` is an ISO week, `2026-W47`.
    package init?(lineage: String, id: Int64, week: String) {
        guard id >= 0, Self.isWeek(week) else { return nil }
        folder = "\((Name.slug(of: lineage) ?? "lineage").prefix(80))-\(id)"
        self.week = week
    }

    /// Relative to the folder of scorecards, with `/`.
    package var html: String { "\(folder)/\(week).html" }
    package var json: String { "\(folder)/\(week).json" }

    private static func isWeek(_ text: String) -> Bool {
        let units = Array(text.utf8)
        guard units.count == 8, units[4] == UInt8(ascii: "-"), units[5] == UInt8(ascii: "W") else { return false }
        guard (units[0...3] + units[6...7]).allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return false }
        let week = Int(units[6] - 48) * 10 + Int(units[7] - 48)
        return (1...53).contains(week)
    }
}
