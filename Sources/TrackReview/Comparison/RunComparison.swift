package import TrackCore

/// One run judged against another, domain by domain, paired by document.
package struct RunComparison: Hashable, Sendable {
    package let run: RunID
    package let reference: RunID
    package let checkpoint: Checkpoint
    package let referenceCheckpoint: Checkpoint
    package let unit: ComparisonUnit
    /// What the runs' own means are per: tokens, unless a table states something else.
    package let stated: StatedProtocol.Unit
    /// Why nothing can be compared; nil when something can.
    package let notComparable: String?
    /// True when one side is a table without documents: everything is observed, nothing tested.
    package let isObserved: Bool
    /// Domains of either run: in the order of the reference, then those that only the run has.
    package let domains: [DomainComparison]
    /// Nil without domains on both sides of the lineage's list, and when the in-domain mean is not finite.
    package let divergence: Divergence?
    package let rules: ReviewRules

    package var oodDomains: [DomainComparison] { domains.filter { !$0.isInDomain } }

    /// The lineage's or checkpoints' names as a sentence uses them: with the lineage only when there are two.
    package var names: (run: String, reference: String) {
        checkpoint.lineage == referenceCheckpoint.lineage
            ? (checkpoint.description.name, referenceCheckpoint.description.name) : (checkpoint.label, referenceCheckpoint.label)
    }

    /// What the comparison comes to.
    package var status: Scorecard.CardStatus {
        if notComparable != nil { return .notComparable }
        let verdicts = domains.map(\.verdict)
        guard verdicts.contains(where: \.isJudged) else {
            return verdicts.contains(.notComparable) ? .notComparable : .notEvaluated
        }
        if divergence?.isDiverged == true { return .diverged }
        if isObserved, divergence?.isObserved == true { return .observedDiverged }
        if verdicts.contains(.regressed) { return .regressed }
        if verdicts.contains(.improved) { return .improved }
        return verdicts.allSatisfy { $0 == .unchanged } ? .unchanged : .undecided
    }
}

extension DomainVerdict {
    /// Whether two numbers stood against each other, tested or observed.
    var isJudged: Bool { self != .notComparable && self != .notEvaluated }
}
