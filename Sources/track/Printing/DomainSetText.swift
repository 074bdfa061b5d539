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

    /// A line each.
    package static func others(_ revisions: [DomainSetRevision]) -> String {
        revisions.map { "\($0.label): \(summary($0)), made \(NumberText.time($0.createdAt)), digest \($0.digest.short)" }
            .joined(separator: "\n")
    }

    /// What stands above the table of a revision's domains.
    package static func head(_ revision: DomainSetRevision, _ look: Look) -> String {
        let drawn = revision.targets.map { "\n  " + targets($0, seed: revision.seed) } ?? ""
        return """
            \(look.painted(revision.label, .bold)): \(summary(revision)), made \(NumberText.time(revision.createdAt))
              digest \(revision.digest)\(drawn)
            """
    }

    package static func revision(_ revision: DomainSetRevision, _ look: Look) -> String {
        var table = TextTable(("domain", .left), ("documents", .right), ("size", .right), ("words", .right))
        for domain in revision.domains {
            table.add([
                .init(domain.name.description), .init(NumberText.grouped(Int64(domain.documents))), .init(NumberText.bytes(domain.bytes)),
                .init(NumberText.grouped(domain.words)),
            ])
        }
        return head(revision, look) + "\n" + table.text(look)
    }

    static func targets(_ targets: SelectionTargets, seed: Int64) -> String {
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
