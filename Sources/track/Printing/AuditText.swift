package import TrackCore

/// The audit trail for people.
package enum AuditText {
    package static func table(_ entries: [AuditEntryView], _ look: Look) -> String {
        guard !entries.isEmpty else { return "Nothing was changed yet." }
        var table = TextTable(("", .right), ("when", .left), ("who", .left), ("what", .left), ("of", .left), ("detail", .left))
        for entry in entries {
            let detail = entry.detail.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
            table.add([
                .init("\(entry.id)"), .init(NumberText.time(entry.at)), .init(who(entry)), .init(entry.action), .init(entry.object),
                .init(detail),
            ])
        }
        return table.text(look)
    }

    private static func who(_ entry: AuditEntryView) -> String {
        entry.actor + (entry.token.map { " (token \($0))" } ?? "")
    }
}
