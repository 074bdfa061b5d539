package import TrackCore
import TrackStatistics

extension RunComparison {
    /// Judges `run` against `reference`.
    ///
    /// Per domain p⁺ tests θ ≤ m and p⁻ tests θ ≥ −m; p = min(1, 2·min(p⁺, p⁻)); Benjamini–Hochberg over all domains that can be
    /// tested; the direction is that of the smaller. What is not rejected is unchanged only when its 90 % interval lies within ±m,
    /// else undecided. Nothing is filtered afterwards. `lineage` says which domains are in-domain.
    package static func make(
        of run: RunEvidence, against reference: RunEvidence, lineage: Lineage, rules: ReviewRules = ReviewRules()
    ) -> RunComparison {
        let names = domainNames(reference, run)
        let (own, other) = (run.byName, reference.byName)
        let isObserved = run.kind != .documents || reference.kind != .documents
        func comparison(
            _ unit: ComparisonUnit, _ refusal: String?, _ domains: [DomainComparison], _ divergence: Divergence?
        ) -> RunComparison {
            RunComparison(
                run: run.run, reference: reference.run, checkpoint: run.checkpoint, referenceCheckpoint: reference.checkpoint, unit: unit,
                stated: run.scoring.unit, notComparable: refusal, isObserved: isObserved, domains: domains, divergence: divergence, rules: rules)
        }
        switch ComparisonMethod.choose(run, reference, rules: rules) {
        case .failure(let refusal):
            let domains = names.map { name in
                DomainComparison(
                    name: name, isInDomain: lineage.isInDomain(name), verdict: .notComparable, reason: refusal.reason, theta: nil,
                    documents: nil, test: nil)
            }
            return comparison(.perplexity, refusal.reason, domains, nil)
        case .success(let method):
            let findings = names.map { DomainFinding($0, own[$0], other[$0], by: method) }
            let domains = judge(findings, lineage: lineage, rules: rules)
            return comparison(method.unit, nil, domains, Divergence(domains, rules: rules))
        }
    }

    private static func domainNames(_ reference: RunEvidence, _ run: RunEvidence) -> [DomainName] {
        var seen: Set<DomainName> = []
        return (reference.domains + run.domains).map(\.name).filter { seen.insert($0).inserted }
    }

    private static func judge(_ findings: [DomainFinding], lineage: Lineage, rules: ReviewRules) -> [DomainComparison] {
        let tested = findings.compactMap { finding in
            if case .tested(let ratio) = finding.content { MarginTest(ratio.estimate, margin: rules.margin) } else { nil }
        }
        let family = FalseDiscovery(pValues: tested.map(\.p))
        let flags = family.rejected(at: rules.q).count { $0 }
        var place = 0
        return findings.map { finding in
            func domain(
                _ verdict: DomainVerdict, _ reason: String? = nil, theta: Double? = nil, documents: Int? = nil, test: DomainTest? = nil
            ) -> DomainComparison {
                DomainComparison(
                    name: finding.name, isInDomain: lineage.isInDomain(finding.name), verdict: verdict, reason: reason, theta: theta,
                    documents: documents, test: test)
            }
            switch finding.content {
            case .notEvaluated(let reason): return domain(.notEvaluated, reason)
            case .notComparable(let reason): return domain(.notComparable, reason)
            case .notFinite(let verdict, let theta, let reason): return domain(verdict, reason, theta: theta)
            case .observed(let theta, let reason):
                return domain(observedVerdict(theta, margin: rules.margin), reason, theta: theta)
            case .untestable(let theta, let documents, let reason):
                return domain(.undecided, reason, theta: theta, documents: documents)
            case .tested(let ratio):
                defer { place += 1 }
                let isFlagged = family.adjusted[place] <= rules.q
                let test = DomainTest(
                    ratio: ratio, margin: tested[place], adjustedP: family.adjusted[place],
                    minimalDetectable: minimalDetectable(ratio.estimate, rank: flags + (isFlagged ? 0 : 1), of: tested.count, rules))
                return domain(
                    verdict(test, isFlagged: isFlagged, rules), theta: ratio.theta, documents: ratio.documents, test: test)
            }
        }
    }

    private static func verdict(_ test: DomainTest, isFlagged: Bool, _ rules: ReviewRules) -> DomainVerdict {
        if isFlagged, let side = test.margin.side { return side == .above ? .regressed : .improved }
        let interval = test.ratio.estimate.interval(level: rules.unchangedLevel)
        return interval.lies(within: rules.margin) ? .unchanged : .undecided
    }

    private static func observedVerdict(_ theta: Double, margin: Double) -> DomainVerdict {
        if theta > margin { return .observedRegressed }
        return theta < -margin ? .observedImproved : .observedUnchanged
    }

    /// At the threshold of the step-up rule for the given rank: p ≤ q·rank/K, half of it on either side.
    private static func minimalDetectable(_ estimate: Estimate, rank: Int, of count: Int, _ rules: ReviewRules) -> Double {
        let level = rules.q * Double(rank) / Double(count)
        return rules.margin + estimate.minimalDetectableEffect(alpha: level / 2, power: rules.power)
    }
}
