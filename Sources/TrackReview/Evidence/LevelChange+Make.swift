#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif
package import TrackCore

extension LevelChange {
    /// Nil when the runs are not of one checkpoint under one protocol, or have no domain with finite values in common.
    package static func make(before: RunEvidence, after: RunEvidence) -> LevelChange? {
        guard before.checkpoint.id == after.checkpoint.id, before.scoring == after.scoring else { return nil }
        let old = before.byName
        let pairs = after.domains.compactMap { domain -> (old: Double, new: Double)? in
            guard let new = domain.meanNLL(), let old = old[domain.name]?.meanNLL(), new.isFinite, old.isFinite else { return nil }
            return (old, new)
        }
        guard !pairs.isEmpty else { return nil }
        func mean(_ values: [Double]) -> Double { CompensatedTotal.of(values) / Double(values.count) }
        let (oldMean, newMean) = (mean(pairs.map(\.old)), mean(pairs.map(\.new)))
        return LevelChange(
            checkpoint: after.checkpoint.label, before: Level(domainSet: before.domainSet, run: before.run, perplexity: exp(oldMean)),
            after: Level(domainSet: after.domainSet, run: after.run, perplexity: exp(newMean)), domains: pairs.count,
            theta: newMean - oldMean)
    }
}

extension LineageJudgement {
    /// A reader of two cards must not take new documents for a new model.
    var levelAttention: [Scorecard.AttentionItem] {
        guard let change = evidence.levelChange else { return [] }
        let (before, after) = (PerplexityText.of(change.before.perplexity), PerplexityText.of(change.after.perplexity))
        return [
            .init(
                urgency: .know,
                text: "\(change.after.domainSet) took the place of \(change.before.domainSet): the unchanged \(change.checkpoint) reads "
                    + "\(after) on the new documents and \(before) on the old ones (\(PercentText.signed(change.theta)), mean of "
                    + "\(ListText.count(change.domains, "domain"))). A jump between cards at this point is the documents', not the model's.")
        ]
    }
}
