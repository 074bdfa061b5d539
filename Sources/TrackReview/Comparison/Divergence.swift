package import TrackCore
package import TrackStatistics

/// In-domain improved *and* OOD worsened, as one tested statement about a lineage's checkpoint.
package struct Divergence: Hashable, Sendable {
    package let inDomain: MacroChange
    package let ood: MacroChange
    /// θ_O − θ_I. It says only that OOD moved less favourably.
    package let gap: Double
    package let gapEstimate: Estimate?
    /// Intersection–union: the larger of p(θ_I ≥ −m) and p(θ_O ≤ m). An OOD mean that is not finite lies above every margin and
    /// leaves only the in-domain part to be tested. Nil when a side is untested.
    package let p: Double?
    package let isDiverged: Bool
    /// In-domain moved down and OOD up, each by more than the margin, and nothing of it is tested: what tables without documents can show.
    package let isObserved: Bool
    /// Per tested OOD domain max(p_I, p_d), Benjamini–Hochberg adjusted over them.
    package let adjustedP: [DomainName: Double]

    /// Nil when a side has no value or the in-domain mean is not finite: then nothing improved, and there is no gap to speak of.
    package init?(_ domains: [DomainComparison], rules: ReviewRules) {
        guard let inDomain = MacroChange(domains.filter(\.isInDomain)), inDomain.theta.isFinite,
            let ood = MacroChange(domains.filter { !$0.isInDomain })
        else { return nil }
        self.inDomain = inDomain
        self.ood = ood
        gap = ood.theta - inDomain.theta
        gapEstimate = inDomain.estimate.flatMap { own in ood.estimate?.minus(own) }

        isObserved =
            inDomain.estimate == nil && ood.estimate == nil && inDomain.theta < -rules.margin && ood.theta > rules.margin

        let pInDomain = inDomain.estimate?.pBelow(rules.margin)
        let pOOD: Double? =
            switch ood.ground {
            case .tested(let estimate): estimate.pAbove(rules.margin)
            case .notFinite: 0
            case .observed: nil
            }
        let tested = domains.filter { !$0.isInDomain && $0.test != nil }
        guard let pInDomain else {
            p = nil
            isDiverged = false
            adjustedP = [:]
            return
        }
        p = pOOD.map { IntersectionUnion.p(pInDomain, $0) }
        isDiverged = p.map { $0 <= rules.q } ?? false
        let family = FalseDiscovery(pValues: tested.map { IntersectionUnion.p(pInDomain, $0.test?.margin.pAbove ?? 1) })
        adjustedP = Dictionary(zip(tested.map(\.name), family.adjusted), uniquingKeysWith: { first, _ in first })
    }
}
