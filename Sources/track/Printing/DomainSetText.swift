package import TrackCore

/// Domain sets for people.
package enum DomainSetText {
    package static func list(_ sets: [DomainSetListing], _ look: Look) -> String {
        guard !sets.isEmpty else { return "There is no domain set yet. `track domains add NAME --from FOLDER` makes one." }
        var table = TextTable(
            ("domain set", .left), ("split", .left), ("domains", .right), ("documents", .right), ("size", .right), ("made", .left),
            ("digest", .left))
        for set in sets {
            let latest = set.latest
            table.add([
                .init(latest.label), .init(latest.split), .init("\(latest.domains.count)"), .init(documents(latest)), .init(size(latest)),
                .init(NumberText.time(latest.createdAt)), .init(latest.digest.short),
            ])
        }
        return table.text(look)
    }

    /// The newest revision in full, the others in a line each.
    package static func revisions(_ revisions: [DomainSetRevision], _ look: Look) -> String {
        guard let latest = revisions.first else { return "It has no revision." }
        var lines = [revision(latest, look)]
        if revisions.count > 1 { lines.append("") }
        for older in revisions.dropFirst() {
            lines.append("\(older.label): \(summary(older)), made \(NumberText.time(older.createdAt)), digest \(older.digest.short)")
        }
        return lines.joined(separator: "\n")
    }

    package static func revision(_ revision: DomainSetRevision, _ look: Look) -> String {
        var table = TextTable(("domain", .left), ("documents", .right), ("size", .right), ("words", .right))
        for domain in revision.domains {
            table.add([
                .init(domain.name.description), .init(NumberText.grouped(Int64(domain.documents))), .init(NumberText.bytes(domain.bytes)),
                .init(NumberText.grouped(domain.words)),
            ])
        }
        let drawn = revision.targets.map { "\n  " + targets($0, seed: revision.seed) } ?? ""
        return """
            \(look.painted(revision.label, .bold)): \(summary(revision)), made \(NumberText.time(revision.createdAt))
              digest \(revision.digest)\(drawn)
            \(table.text(look))
            """
    }

    private static func targets(_ targets: SelectionTargets, seed: Int64) -> String {
        let unit = targets.unit.rawValue
        let amounts = [
            targets.perDomain.map { "\(NumberText.grouped($0)) \(unit) of each domain" },
            targets.perSource.map { "\(NumberText.grouped($0)) \(unit) of each source" },
        ].compactMap { $0 }
        let counted = targets.tokenizer.map { ", counted by tokenizer \($0.short)" } ?? ""
        return "drawn with seed \(seed) to at least \(amounts.joined(separator: " and "))\(counted)"
    }

    private static func summary(_ revision: DomainSetRevision) -> String {
        let domains = NumberText.counted(revision.domains.count, "domain")
        return "split \(revision.split), \(domains), \(documents(revision)) documents, \(size(revision))"
    }

    private static func documents(_ revision: DomainSetRevision) -> String {
        NumberText.grouped(Int64(revision.domains.reduce(0) { $0 + $1.documents }))
    }

    private static func size(_ revision: DomainSetRevision) -> String { NumberText.bytes(revision.domains.reduce(0) { $0 + $1.bytes }) }
}
