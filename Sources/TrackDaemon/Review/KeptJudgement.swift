import TrackCore
import TrackReview
import TrackStatistics
import TrackStore

extension LineageJudgement {
    /// What is kept of it: every checkpoint against the baseline, and the current one against the one before it.
    var comparisons: [ComparisonStore.Comparison] {
        againstBaseline.compactMap { $0.map { ComparisonStore.Comparison($0, .baseline) } }
            + (againstPrevious.map { [ComparisonStore.Comparison($0, .previous)] } ?? [])
    }
}

extension ComparisonStore.Comparison {
    fileprivate init(_ comparison: RunComparison, _ reference: ReferenceKind) {
        let level = comparison.rules.intervalLevel
        self.init(
            run: comparison.run, referenceRun: comparison.reference, reference: reference, q: comparison.rules.q,
            margin: comparison.rules.margin, unit: comparison.unit, notComparable: comparison.notComparable,
            thetaInDomain: comparison.divergence?.inDomain.theta, thetaOOD: comparison.divergence?.ood.theta,
            pDivergence: comparison.divergence?.p, diverged: comparison.divergence?.isDiverged ?? false, status: comparison.status.rawValue,
            sentence: comparison.sentence,
            verdicts: comparison.domains.map { domain in
                let interval = domain.interval(level: level)
                return ComparisonStore.Verdict(
                    domain: domain.name, isInDomain: domain.isInDomain, verdict: domain.verdict, theta: domain.theta, low: interval?.lower,
                    high: interval?.upper, p: domain.test?.margin.p, adjustedP: domain.test?.adjustedP, documents: domain.documents,
                    reason: domain.reason)
            })
    }
}
