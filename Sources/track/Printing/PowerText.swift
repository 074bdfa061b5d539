package import TrackCore

/// How much a domain set can show, for people.
package enum PowerText {
    package static func revision(_ power: RevisionPower, _ look: Look) -> String {
        var table = TextTable(
            ("domain", .left), ("documents", .right), ("tokens", .right), ("size", .right), ("effective", .right), ("longest", .right),
            ("shows from", .right))
        for domain in power.domains {
            table.add([
                .init(domain.name.description), .init(NumberText.grouped(Int64(domain.documents))),
                .init(domain.tokens.map(NumberText.grouped) ?? NumberText.none), .init(NumberText.bytes(domain.bytes)),
                .init(NumberText.fixed(domain.effectiveDocuments, 1)), .init(NumberText.fixed(100 * domain.largestShare, 1) + " %"),
                .init(domain.minimalDetectable.map { NumberText.change(logRatio: $0) } ?? NumberText.none),
            ])
        }
        let warnings = power.domains.flatMap { domain in domain.warnings.map { look.painted("! ", .yellow) + "\(domain.name): \($0)." } }
        return ([DomainSetText.head(power.revision, look), table.text(look)] + warnings + power.statements.map { "  " + $0 }
            + controls(power.revision) + refresh(power)).joined(separator: "\n")
    }

    /// What is known of how comparable its numbers are: the guidelines of Paloma that concern a set.
    private static func controls(_ revision: DomainSetRevision) -> [String] {
        var lines = (revision.decontaminations ?? []).map { check in
            let found = check.documentsFound == 0
                ? "none of \(check.documents) documents found"
                : "\(check.documentsFound) of \(check.documents) documents found and \(check.treatment == .drop ? "dropped" : "kept")"
            return "G1 decontamination: \(found) in \(check.against.joined(separator: ", ")) (\(NumberText.bytes(check.bytes)), digest "
                + "\(check.digest.short)), \(NumberText.time(check.checkedAt))"
        }
        if lines.isEmpty {
            lines = ["G1 decontamination: nobody has looked; `track domains decontaminate \(revision.set) --against …` does"]
        }
        let drawn = revision.targets.map { DomainSetText.targets($0, seed: revision.seed) }
        lines.append("G3 subsampling: \(drawn ?? "all documents of the source, in the order of seed \(revision.seed)"); frozen by digest")
        return lines
    }

    /// What the unchanged baselines say of a refresh.
    private static func refresh(_ power: RevisionPower) -> [String] {
        guard let origin = power.revision.refreshedFrom else { return [] }
        let before = "\(power.revision.set)@\(origin)"
        guard let changes = power.levelChanges else {
            return [
                "It is the refresh of \(before). No baseline has been evaluated on both yet: the next weekly slot queues that, and then "
                    + "this says what the new documents do to the level."
            ]
        }
        return ["It is the refresh of \(before)."] + changes.map(LevelChangeText.of)
    }
}
