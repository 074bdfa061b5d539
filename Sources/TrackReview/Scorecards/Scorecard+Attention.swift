import TrackCore
import TrackStatistics

extension LineageJudgement {
    /// What needs attention, the most urgent first.
    func attention(rows: [Scorecard.DomainRow]) -> [Scorecard.AttentionItem] {
        guard let newest, let current else { return listAttention(rows) + openAttention + levelAttention }
        return regressionAttention(newest) + noiseAttention(newest) + openAttention + gapAttention(newest, rows) + listAttention(rows)
            + levelAttention + methodAttention(newest, name: checkpoints[current].description.name)
    }

    private typealias Item = Scorecard.AttentionItem

    /// Domains that got worse: OOD against the baseline is to be acted on, the rest to be looked at.
    private func regressionAttention(_ newest: RunComparison) -> [Item] {
        var items: [Item] = []
        let reference = newest.names.reference
        let worse = newest.domains.filter { $0.verdict == .regressed }
        let broken = worse.filter { $0.theta == .infinity }
        if !broken.isEmpty {
            items.append(
                Item(
                    urgency: .act,
                    text: "The perplexity is not finite in \(named(broken)): the checkpoint assigns text no probability at all there."))
        }
        let ood = worse.filter { !$0.isInDomain && $0.theta != .infinity }
        if !ood.isEmpty {
            items.append(
                Item(urgency: .act, text: "\(ListText.count(ood.count, "OOD domain")) regressed against \(reference): \(sized(ood))."))
        }
        let inDomain = worse.filter { $0.isInDomain && $0.theta != .infinity }
        if !inDomain.isEmpty {
            items.append(
                Item(
                    urgency: .act,
                    text: "\(ListText.count(inDomain.count, "in-domain domain")) regressed against \(reference): \(sized(inDomain))."))
        }
        if let jump = againstPrevious {
            let worse = jump.domains.filter { $0.verdict == .regressed }
            if !worse.isEmpty {
                items.append(
                    Item(
                        urgency: .look,
                        text: "\(ListText.count(worse.count, "domain")) regressed against the previous checkpoint "
                            + "\(jump.names.reference): \(sized(worse))."))
            }
        }
        if newest.status == .observedDiverged, let divergence = newest.divergence {
            items.append(
                Item(
                    urgency: .look,
                    text: "In-domain \(PercentText.verb(divergence.inDomain.theta)) while OOD "
                        + "\(PercentText.verb(divergence.ood.theta)), observed in tables without documents: no interval, no test. "
                        + "Evaluate the checkpoints on a domain set with documents to decide it."))
        }
        let observed = newest.oodDomains.filter { $0.verdict == .observedRegressed }
        if !observed.isEmpty {
            items.append(
                Item(
                    urgency: .look,
                    text: "\(ListText.count(observed.count, "OOD domain")) observed higher than \(reference), untested: "
                        + "\(sized(observed))."))
        }
        return items
    }

    /// Checkpoints after the current one, or the baseline, that nobody has evaluated.
    private var openAttention: [Item] {
        let missing = checkpoints.indices.filter { runs[$0] == nil && ($0 == baseline || $0 > (current ?? -1)) }
        guard !missing.isEmpty else { return [] }
        let names = ListText.few(missing.map { checkpoints[$0].description.name })
        return [Item(urgency: .look, text: "Not evaluated yet: \(names).")]
    }

    /// Domains of which nothing can be said.
    private func gapAttention(_ newest: RunComparison, _ rows: [Scorecard.DomainRow]) -> [Item] {
        guard newest.notComparable == nil else { return [] }
        return [(DomainVerdict.notEvaluated, "not evaluated"), (.notComparable, "not comparable")].compactMap { verdict, word in
            let domains = rows.filter { $0.verdict == verdict }
            guard !domains.isEmpty else { return nil }
            let names = ListText.few(domains.map { "\($0.name)" + ($0.reason.map { " (\($0))" } ?? "") })
            return Item(urgency: .look, text: "\(ListText.count(domains.count, "domain")) \(word): \(names).")
        }
    }

    /// A lineage whose list leaves one side empty cannot diverge.
    private func listAttention(_ rows: [Scorecard.DomainRow]) -> [Item] {
        let sides = Set(rows.map(\.isInDomain))
        if sides.isEmpty { return [] }
        if !sides.contains(true) {
            let text =
                evidence.lineage.inDomain.isEmpty
                ? "No in-domain domains are named, so that divergence cannot be tested: "
                    + "name them with --in-domain when you add a checkpoint."
                : "None of the in-domain domains \(ListText.few(evidence.lineage.inDomain)) is in this domain set, "
                    + "so that divergence cannot be tested."
            return [Item(urgency: .look, text: text)]
        }
        return sides.contains(false)
            ? []
            : [Item(urgency: .look, text: "Every domain of the set is in-domain: add others to see what the checkpoint forgets.")]
    }

    /// How far the numbers carry.
    private func methodAttention(_ newest: RunComparison, name: String) -> [Item] {
        var items: [Item] = []
        if newest.unit == .bitsPerByte, newest.stated == .token {
            items.append(
                Item(
                    urgency: .know,
                    text: "\(name) and \(newest.names.reference) cut text into tokens differently: changes are per byte, not per token."))
        }
        let weak = newest.domains.filter { ($0.test?.ratio.effectiveDocuments ?? .infinity) < rules.lowPowerDocuments }
        if !weak.isEmpty {
            items.append(
                Item(
                    urgency: .know,
                    text: "\(ListText.count(weak.count, "domain")) with fewer than \(Int(rules.lowPowerDocuments)) effective documents can "
                        + "show large changes only: \(named(weak))."))
        }
        let dominated = newest.domains.filter {
            $0.verdict == .regressed && ($0.test?.ratio.dominance.variance.share ?? 0) > 0.5
        }
        if !dominated.isEmpty {
            items.append(
                Item(urgency: .know, text: "A single document makes more than half of the spread in \(named(dominated)): read it."))
        }
        return items
    }

    private func named(_ domains: [DomainComparison]) -> String { ListText.few(domains.map(\.name.description)) }

    /// The largest first, each with its change.
    private func sized(_ domains: [DomainComparison]) -> String {
        ListText.few(
            domains.sorted { (-($0.theta ?? 0), $0.name) < (-($1.theta ?? 0), $1.name) }
                .map { "\($0.name) (\(PercentText.signed($0.theta ?? 0)))" })
    }
}
