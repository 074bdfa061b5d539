import FoundationEssentials
import Postgres
import TrackCore
import TrackReview
import TrackStatistics
import TrackStore

/// Judges one checkpoint against another for `track compare`, from their newest runs on one set under one protocol.
struct CheckpointComparer: Sendable {
    let database: Database
    let rules: ReviewRules

    /// - Parameters:
    ///   - reference: the lineage's baseline when nil.
    ///   - tokens: whether to tell which tokens moved.
    /// - Throws: ``Problem`` when one of them is unknown.
    func compare(_ checkpoint: String, _ reference: String?, tokens: Bool) async throws -> CompareView {
        let rules = rules
        return try await database.read("compare", timeout: .seconds(30)) { db in
            let own = try CheckpointStore.resolve(checkpoint, in: db)
            guard let lineage = try LineageStore.lineage(named: own.lineage, in: db) else {
                throw Problem(.notFound, "The lineage \(own.lineage) is not registered.")
            }
            let other = try reference.map { try CheckpointStore.resolve($0, in: db) } ?? baseline(of: lineage, in: db)
            guard let pair = try Self.pair(own, other, in: db) else { return CompareView(unevaluated: own, other) }
            let evidence = try EvidenceLoader.runs([pair.run, pair.reference], in: db)
            guard evidence.count == 2 else { return CompareView(unevaluated: own, other) }
            let comparison = RunComparison.make(of: evidence[0], against: evidence[1], lineage: lineage, rules: rules)
            var view = CompareView(comparison, evidence[0], evidence[1])
            if tokens { view.moves = try Self.moves(comparison, evidence[0], evidence[1], in: db) }
            return view
        }
    }

    private static func moves(
        _ comparison: RunComparison, _ run: RunEvidence, _ reference: RunEvidence, in db: Session
    ) throws -> [DomainMoves] {
        guard comparison.notComparable == nil, RunComparison.typesCompare(run, reference) else { return [] }
        return comparison.moves(
            [.regressed, .improved], run: try TypeLoader.types(of: run.run, in: db),
            reference: try TypeLoader.types(of: reference.run, in: db))
    }

    private func baseline(of lineage: Lineage, in db: Session) throws -> Checkpoint {
        guard let found = try lineage.baseline.flatMap({ try CheckpointStore.checkpoint($0, in: db) }) else {
            throw Problem(.invalid, "The lineage \(lineage.name) has no baseline: name the checkpoint to compare with.")
        }
        return found
    }

    /// Their newest runs that could compare, else the newest of each, so that the answer says why they do not.
    private static func pair(_ own: Checkpoint, _ other: Checkpoint, in db: Session) throws -> (run: RunID, reference: RunID)? {
        if let pair = try RunStore.newestPair(own.id, other.id, in: db) { return pair }
        guard let run = try RunStore.runs(of: own.id, limit: 1, in: db).first,
            let reference = try RunStore.runs(of: other.id, limit: 1, in: db).first
        else { return nil }
        return (run, reference)
    }
}

extension CompareView {
    fileprivate init(unevaluated own: Checkpoint, _ other: Checkpoint) {
        self.init(
            checkpoint: own.label, reference: other.label, run: nil, referenceRun: nil, notComparable: "not both of them were evaluated",
            unit: .perplexity,
            sentence: "\(own.label) and \(other.label) cannot be compared: not both of them were evaluated. `track evaluate` does it.",
            domains: [])
    }

    fileprivate init(_ comparison: RunComparison, _ run: RunEvidence, _ reference: RunEvidence) {
        let own = Dictionary(run.domains.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let other = Dictionary(reference.domains.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.init(
            checkpoint: run.checkpoint.label, reference: reference.checkpoint.label, run: run.run, referenceRun: reference.run,
            notComparable: comparison.notComparable, unit: comparison.unit, sentence: comparison.sentence,
            domains: comparison.domains.map { domain in
                let interval = domain.interval(level: comparison.rules.intervalLevel)
                return CompareRow(
                    name: domain.name, isInDomain: domain.isInDomain, verdict: domain.verdict, reason: domain.reason,
                    referencePerplexity: other[domain.name]?.perplexity, perplexity: own[domain.name]?.perplexity, logRatio: domain.theta,
                    low: interval?.lower, high: interval?.upper, adjustedP: domain.test?.adjustedP, documents: domain.documents)
            })
    }
}

extension DomainEvidence {
    fileprivate var perplexity: Double? {
        switch outcome {
        case .failed: nil
        case .summary(let summary): Perplexity.tokenWeighted(nll: summary.meanNLL, tokens: 1)
        case .measured(let scores, _): Perplexity.tokenWeighted(nll: scores.totalNLL, tokens: scores.totalTokens)
        }
    }
}
