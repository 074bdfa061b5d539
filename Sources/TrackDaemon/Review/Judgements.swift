import TrackCore
import TrackReview
import TrackStatistics
import TrackStore

/// Every comparison that a lineage's runs allow: each checkpoint against the baseline and against the one before it.
struct Judgements {
    struct Judgement {
        let reference: ReferenceKind
        let comparison: RunComparison
    }

    let all: [Judgement]
    /// The newest judged checkpoint against the baseline.
    let newest: RunComparison?

    /// - Parameter evidence: its checkpoints are in the lineage's order, the baseline first.
    init(_ evidence: LineageEvidence, rules: ReviewRules) {
        let runs = Dictionary(evidence.runs.map { ($0.checkpoint.id, $0) }, uniquingKeysWith: { first, _ in first })
        let judged = evidence.checkpoints.compactMap { runs[$0.id] }
        guard let baseline = judged.first, baseline.checkpoint.isBaseline else {
            all = []
            newest = nil
            return
        }
        var all: [Judgement] = []
        var newest: RunComparison?
        for (run, previous) in zip(judged.dropFirst(), judged) {
            let comparison = RunComparison.make(of: run, against: baseline, lineage: evidence.lineage, rules: rules)
            all.append(Judgement(reference: .baseline, comparison: comparison))
            newest = comparison
            if previous.run != baseline.run {
                let step = RunComparison.make(of: run, against: previous, lineage: evidence.lineage, rules: rules)
                all.append(Judgement(reference: .previous, comparison: step))
            }
        }
        self.all = all
        self.newest = newest
    }
}

extension ComparisonStore.Comparison {
    /// A judgement as its rows.
    init(_ comparison: RunComparison, _ reference: ReferenceKind) {
        let level = comparison.rules.intervalLevel
        self.init(
            run: comparison.run, referenceRun: comparison.reference, reference: reference, q: comparison.rules.q,
            margin: comparison.rules.margin, unit: comparison.unit, notComparable: comparison.notComparable,
            thetaInDomain: comparison.divergence?.inDomain.theta, thetaOOD: comparison.divergence?.ood.theta,
            pDivergence: comparison.divergence?.p, diverged: comparison.divergence?.isDiverged ?? false, sentence: comparison.sentence,
            verdicts: comparison.domains.map { domain in
                let interval = domain.interval(level: level)
                return ComparisonStore.Verdict(
                    domain: domain.name, isInDomain: domain.isInDomain, verdict: domain.verdict, theta: domain.theta, low: interval?.lower,
                    high: interval?.upper, p: domain.test?.margin.p, adjustedP: domain.test?.adjustedP, documents: domain.documents,
                    reason: domain.reason)
            })
    }
}
