#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif
import TrackCore
import TrackStatistics

extension LineageJudgement {
    /// One row per domain, the strongest evidence first: flagged domains by |θ|/SE, then other tested ones, then the observed, then
    /// those without a comparison; equals by name.
    var domainRows: [Scorecard.DomainRow] {
        let previous = Dictionary(
            againstPrevious?.domains.map { ($0.name, $0) } ?? [], uniquingKeysWith: { first, _ in first })
        let evidence = runs.map { $0?.byName }
        let noise = noiseFloor
        return comparedDomains.map { (domain: $0, rank: EvidenceRank($0)) }
            .sorted { ($0.rank, $0.domain.name) < ($1.rank, $1.domain.name) }
            .map { row($0.domain, previous[$0.domain.name], evidence, noise) }
    }

    /// The domains of the current comparison, or of the baseline alone, and those of the revision that no run has.
    private var comparedDomains: [DomainComparison] {
        var domains = newest?.domains ?? []
        var seen = Set(domains.map(\.name))
        let others = runs.compactMap { $0 }.flatMap { $0.domains.map(\.name) } + (evidence.revision?.domains.map(\.name) ?? [])
        for name in others where seen.insert(name).inserted {
            domains.append(
                DomainComparison(
                    name: name, isInDomain: evidence.lineage.isInDomain(name), verdict: .notEvaluated,
                    reason: newest == nil ? "nothing to compare yet" : "not evaluated", theta: nil, documents: nil, test: nil))
        }
        return domains
    }

    private func row(
        _ domain: DomainComparison, _ previous: DomainComparison?, _ evidence: [[DomainName: DomainEvidence]?], _ noise: NoiseFloor?
    ) -> Scorecard.DomainRow {
        let own = current.flatMap { evidence[$0]?[domain.name] }
        let other = baseline.flatMap { evidence[$0]?[domain.name] }
        let shown = own ?? other
        return Scorecard.DomainRow(
            name: domain.name, isInDomain: domain.isInDomain, verdict: domain.verdict, reason: domain.reason,
            change: Scorecard.Estimate(domain, level: rules.intervalLevel), adjustedP: domain.test?.adjustedP,
            minimalDetectable: domain.test?.minimalDetectable, unit: newest?.unit ?? .perplexity,
            baselinePerplexity: other?.perplexity, currentPerplexity: own?.perplexity,
            currentBitsPerByte: own.flatMap { $0.bitsPerByte(of: currentRun) },
            highPerplexityShare: own?.highPerplexityShare, documents: domain.documents ?? shown?.documents,
            effectiveDocuments: domain.test?.ratio.effectiveDocuments, tokens: shown?.size.tokens,
            previousVerdict: previous?.verdict, previousChange: previous.flatMap { .init($0, level: rules.intervalLevel) },
            path: evidence.map { $0?[domain.name]?.perplexity }, divergenceAdjustedP: newest?.divergence?.adjustedP[domain.name],
            densities: own?.densities,
            noise: noise?.isNotable(in: domain.name, beside: domain.theta) == true ? noise?.floors[domain.name] : nil)
    }
}

/// How strongly a domain speaks: lower comes first.
private struct EvidenceRank: Comparable {
    private let tier: Int
    private let strength: Double

    init(_ domain: DomainComparison) {
        switch domain.verdict {
        case .improved, .regressed: tier = 0
        case .unchanged, .undecided: tier = domain.test == nil ? 2 : 1
        case .observedImproved, .observedRegressed, .observedUnchanged: tier = 2
        case .notComparable: tier = 3
        case .notEvaluated: tier = 4
        }
        let size = abs(domain.theta ?? 0)
        if let error = domain.test?.ratio.standardError {
            strength = size == 0 ? 0 : size / error
        } else {
            strength = size
        }
    }

    static func < (a: EvidenceRank, b: EvidenceRank) -> Bool { (a.tier, -a.strength) < (b.tier, -b.strength) }
}

extension DomainEvidence {
    /// Token-weighted for runs with documents, as the table states it for summaries.
    fileprivate var perplexity: Double? { meanNLL().map { exp($0) } }

    fileprivate func bitsPerByte(of run: RunEvidence?) -> Double? {
        switch (outcome, run?.kind) {
        case (.measured(let scores, _), _): Perplexity.bitsPerByte(nll: scores.totalNLL, bytes: scores.totalBytes)
        case (.summary(let summary), .summary(let aggregation)):
            run.flatMap { summary.bitsPerByte(unit: $0.scoring.unit, aggregation: aggregation) }
        case (.summary, _), (.failed, _): nil
        }
    }

    fileprivate var highPerplexityShare: Double? {
        if case .measured(let scores, _) = outcome { TokenHistogram.highPerplexityShare(scores.histogram) } else { nil }
    }

    fileprivate var densities: [TokenDensity]? {
        guard case .measured(let scores, _) = outcome, !scores.histogram.isEmpty else { return nil }
        return TokenHistogram.densities(scores.histogram)
    }

    fileprivate var documents: Int? {
        if case .measured(let scores, _) = outcome { scores.count } else { nil }
    }
}
