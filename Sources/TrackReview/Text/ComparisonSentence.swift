import TrackCore

extension RunComparison {
    /// What the comparison comes to, in one sentence for a person.
    package var sentence: String {
        let (name, reference) = names
        switch status {
        case .notComparable:
            let reason = notComparable ?? domains.first { $0.verdict == .notComparable }?.reason ?? "no domain compares"
            return "\(name) cannot be compared with \(reference): \(reason)."
        case .notEvaluated: return "\(name) and \(reference) have no evaluated domain in common."
        case .diverged: return "\(name) diverged from \(reference): \(divergedPart)."
        case .observedDiverged: return "\(name) diverged from \(reference) as far as tables show, untested: \(observedPart)."
        case .regressed: return "\(name) regressed against \(reference): \(regressedPart)\(meansPart)."
        case .improved:
            return "\(name) improved on \(reference): \(tally(.improved, of: domains)) improved and none regressed\(meansPart)."
        case .unchanged:
            return "\(name) is unchanged against \(reference): "
                + "no domain of \(domains.count) moved by more than \(PercentText.size(rules.margin))."
        case .undecided where isObserved:
            return "\(name) against \(reference), observed and untested: \(observedPart)."
        case .undecided:
            return "\(name) against \(reference) is undecided: no domain changed for certain, and "
                + "\(tally(.unchanged, of: domains)) can be called unchanged\(meansPart)."
        }
    }

    private var quantity: String {
        switch stated {
        case .token: unit == .perplexity ? "perplexity" : "perplexity per byte"
        case .byte: "perplexity per byte"
        case .word: "perplexity per word"
        }
    }

    private var divergedPart: String {
        guard let divergence else { return regressedPart }
        let ood =
            divergence.ood.theta.isFinite
            ? "\(PercentText.verb(divergence.ood.theta)) on average over \(ListText.count(divergence.ood.domains, "domain"))"
            : PercentText.verb(divergence.ood.theta)
        return "in-domain \(quantity) \(PercentText.verb(divergence.inDomain.theta)) while OOD \(quantity) \(ood); "
            + "\(tally(.regressed, of: oodDomains)) regressed"
    }

    private var regressedPart: String {
        let ood = oodDomains.filter { $0.verdict == .regressed }
        let part =
            ood.isEmpty
            ? tally(.regressed, of: domains.filter(\.isInDomain))
            : tally(.regressed, of: oodDomains)
        let worst = (ood.isEmpty ? domains.filter { $0.verdict == .regressed } : ood)
            .max { ($0.theta ?? 0, $1.name) < ($1.theta ?? 0, $0.name) }
        return part + " regressed" + (worst.map { ", most of all \($0.name) (\(PercentText.signed($0.theta ?? 0)))" } ?? "")
    }

    /// The two means, where both are known.
    private var meansPart: String {
        guard let divergence, divergence.ood.theta.isFinite else { return "" }
        return "; on average in-domain \(quantity) \(PercentText.verb(divergence.inDomain.theta)), "
            + "OOD \(quantity) \(PercentText.verb(divergence.ood.theta))"
    }

    private var observedPart: String {
        if let divergence {
            return "in-domain \(quantity) \(PercentText.verb(divergence.inDomain.theta)), "
                + "OOD \(quantity) \(PercentText.verb(divergence.ood.theta))"
        }
        guard let change = MacroChange(domains) else { return "no value on both sides" }
        return "\(quantity) \(PercentText.verb(change.theta)) on average over \(ListText.count(change.domains, "domain"))"
    }

    /// `6 of 6 OOD domains`.
    private func tally(_ verdict: DomainVerdict, of domains: [DomainComparison]) -> String {
        let side = domains.allSatisfy { !$0.isInDomain } ? "OOD " : domains.allSatisfy(\.isInDomain) ? "in-domain " : ""
        let count = domains.count { $0.verdict == verdict }
        return "\(count) of \(ListText.count(domains.count, side + "domain"))"
    }
}
