import TrackCore
import TrackStatistics

extension Scorecard.Estimate {
    init(_ estimate: Estimate, level: Double) {
        let interval = estimate.interval(level: level)
        self.init(theta: estimate.value, low: interval.lower, high: interval.upper)
    }

    init(_ change: MacroChange, level: Double) {
        if let estimate = change.estimate {
            self.init(estimate, level: level)
        } else {
            self.init(theta: change.theta, low: nil, high: nil)
        }
    }

    init?(_ domain: DomainComparison, level: Double) {
        guard let theta = domain.theta else { return nil }
        let interval = domain.interval(level: level)
        self.init(theta: theta, low: interval?.lower, high: interval?.upper)
    }
}

extension Scorecard.DivergenceStatement {
    init(_ divergence: Divergence, rules: ReviewRules) {
        let level = rules.intervalLevel
        self.init(
            inDomain: .init(divergence.inDomain, level: level), ood: .init(divergence.ood, level: level),
            gap: divergence.gapEstimate.map { .init($0, level: level) } ?? .init(theta: divergence.gap, low: nil, high: nil),
            p: divergence.p, isDiverged: divergence.isDiverged, inDomainCount: divergence.inDomain.domains,
            oodCount: divergence.ood.domains)
    }
}

extension LineageJudgement {
    /// θ_I and θ_O of every checkpoint against the baseline.
    var paths: Scorecard.Paths {
        let inDomain = path { $0.isInDomain }
        let ood = path { !$0.isInDomain }
        let gaps = zip(inDomain, ood).enumerated().compactMap { position, pair -> (x: Double, y: Double)? in
            guard let own = pair.0?.theta, let other = pair.1?.theta, own.isFinite, other.isFinite else { return nil }
            return (Double(position), other - own)
        }
        return Scorecard.Paths(
            inDomain: inDomain, ood: ood, gapTrendPerCheckpoint: gaps.count > 2 ? LinearTrend(gaps)?.slope : nil)
    }

    private func path(of side: (DomainComparison) -> Bool) -> [Scorecard.Estimate?] {
        let path = againstBaseline.map { comparison in
            comparison.flatMap { MacroChange($0.domains.filter(side)) }.map { Scorecard.Estimate($0, level: rules.intervalLevel) }
        }
        guard let baseline, path.contains(where: { $0 != nil }) else { return path }
        var complete = path
        complete[baseline] = Scorecard.Estimate(theta: 0, low: 0, high: 0)
        return complete
    }
}
