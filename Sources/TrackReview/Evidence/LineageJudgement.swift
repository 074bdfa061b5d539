package import TrackCore

/// A lineage's runs held against its baseline and against each other: what the card, the alert and the records say alike.
package struct LineageJudgement: Hashable, Sendable {
    package private(set) var evidence: LineageEvidence
    package let rules: ReviewRules
    /// The baseline first, then by step; a checkpoint without a step comes last, by order of arrival.
    package let checkpoints: [Checkpoint]
    /// By position in `checkpoints`; nil where it was not evaluated.
    package let runs: [RunEvidence?]
    package let baseline: Int?
    /// The newest checkpoint that could be held against the baseline.
    package let current: Int?
    /// The evaluated checkpoint before it; nil when that is the baseline.
    package let previous: Int?
    /// Every evaluated checkpoint against the baseline, by position.
    package let againstBaseline: [RunComparison?]
    /// The current checkpoint against the previous one, a family of tests of its own.
    package let againstPrevious: RunComparison?

    package init(_ evidence: LineageEvidence, rules: ReviewRules = ReviewRules()) {
        self.evidence = evidence
        self.rules = rules
        let isBaseline = { (checkpoint: Checkpoint) in checkpoint.id == evidence.lineage.baseline }
        let checkpoints = evidence.checkpoints.sorted {
            (isBaseline($0) ? 0 : 1, $0.description.step ?? .max, $0.id) < (isBaseline($1) ? 0 : 1, $1.description.step ?? .max, $1.id)
        }
        let newest = Dictionary(
            evidence.runs.map { ($0.checkpoint.id, $0) }, uniquingKeysWith: { $0.evaluatedAt >= $1.evaluatedAt ? $0 : $1 })
        let runs = checkpoints.map { newest[$0.id] }
        let baseline = checkpoints.firstIndex(where: isBaseline)
        let reference = baseline.flatMap { runs[$0] }
        let compare = { (run: RunEvidence, reference: RunEvidence) in
            RunComparison.make(of: run, against: reference, lineage: evidence.lineage, rules: rules)
        }
        let evaluated = runs.indices.filter { $0 != baseline && runs[$0] != nil }
        let current = reference == nil ? nil : evaluated.last
        let previous = current.flatMap { current in evaluated.last { $0 < current } }

        self.checkpoints = checkpoints
        self.runs = runs
        self.baseline = baseline
        self.current = current
        self.previous = previous
        againstBaseline = runs.indices.map { position in
            guard position != baseline, let reference, let run = runs[position] else { return nil }
            return compare(run, reference)
        }
        againstPrevious = current.flatMap { runs[$0] }.flatMap { run in previous.flatMap { runs[$0] }.map { compare(run, $0) } }
    }

    /// The same judgement beside other alerts: those that it has moved itself.
    package func showing(alerts: [Scorecard.AlertLine]) -> LineageJudgement {
        var copy = self
        copy.evidence.alerts = alerts
        return copy
    }

    /// The current checkpoint against the baseline.
    package var newest: RunComparison? { current.flatMap { againstBaseline[$0] } }

    var baselineRun: RunEvidence? { baseline.flatMap { runs[$0] } }
    var currentRun: RunEvidence? { current.flatMap { runs[$0] } }
}
