import Postgres
import TrackCore
import TrackJobs
import TrackReview
import TrackStore

/// Loads from the store what the rules judge.
enum EvidenceLoader {
    /// Everything that a lineage's card is made from: its newest runs under the protocol and on the domain set by which it is judged.
    static func lineage(_ lineage: Lineage, in db: Session) throws -> LineageEvidence {
        let checkpoints = try CheckpointStore.checkpoints(of: lineage.id, in: db)
        let alerts = try alerts(of: lineage, in: db)
        let waiting = try JobQueue.unevaluated(lineage: lineage.id, in: db).map(notEvaluated)
        guard let frame = try RunStore.judgedFrame(of: lineage.id, in: db) else {
            return LineageEvidence(
                lineage: lineage, checkpoints: checkpoints, revision: nil, scoring: nil, runs: [], alerts: alerts, notEvaluated: waiting)
        }
        let ids = try RunStore.newest(lineage: lineage.id, revision: frame.revisionID, protocolID: frame.protocolID, in: db)
        return LineageEvidence(
            lineage: lineage, checkpoints: checkpoints, revision: try DomainSetStore.revision(id: frame.revisionID, in: db),
            scoring: try ProtocolStore.definition(frame.protocolID, in: db), runs: try runs(ids, in: db),
            levelChange: try levelChanges(onRevision: frame.revisionID, lineage: lineage.id, protocolID: frame.protocolID, in: db).first,
            alerts: alerts, notEvaluated: waiting)
    }

    /// The alerts of a lineage, as its card shows them.
    static func alerts(of lineage: Lineage, in db: Session) throws -> [Scorecard.AlertLine] {
        try AlertStore.list(lineage: lineage.name, includeResolved: true, in: db).map {
            Scorecard.AlertLine(state: $0.state, summary: $0.summary, openedAt: $0.openedAt, resolvedAt: $0.resolvedAt)
        }
    }

    /// Runs as evidence. The documents' digests are loaded only where several revisions meet, because runs of one revision pair by
    /// position.
    static func runs(_ ids: [RunID], in db: Session) throws -> [RunEvidence] {
        let recorded = try ids.compactMap { try RunStore.recorded($0, withTypes: false, in: db) }
        let revisions = Dictionary(recorded.map { ($0.revisionID, $0.revision.domains.count) }, uniquingKeysWith: { first, _ in first })
        var digests: [Int64: [[Digest]]] = [:]
        if revisions.count > 1 {
            for (revision, domains) in revisions {
                digests[revision] = try DomainSetStore.documentDigests(revision: revision, domains: domains, in: db)
            }
        }
        return try recorded.compactMap { run in
            try CheckpointStore.checkpoint(run.checkpointID, in: db).map {
                RunEvidence(run, checkpoint: $0, digests: digests[run.revisionID])
            }
        }
    }

    /// Every lineage's baseline on a refreshed revision and on the one that it replaced; empty where it is no refresh.
    static func levelChanges(
        onRevision revision: Int64, lineage: Int64? = nil, protocolID: Int64? = nil, in db: Session
    ) throws -> [LevelChange] {
        try RunStore.anchors(onRevision: revision, lineage: lineage, protocolID: protocolID, in: db).compactMap { pair in
            let levels = try [pair.before, pair.after].compactMap { id -> RunEvidence? in
                guard let recorded = try RunStore.recorded(id, withTypes: false, in: db) else { return nil }
                return try CheckpointStore.checkpoint(recorded.checkpointID, in: db)
                    .map { RunEvidence(recorded, checkpoint: $0, digests: nil) }
            }
            return levels.count == 2 ? LevelChange.make(before: levels[0], after: levels[1]) : nil
        }
    }

    private static func notEvaluated(_ job: JobView) -> Scorecard.NotEvaluated {
        let reason =
            switch job.state {
            case .queued: job.lastError.map { "waits for another attempt: \($0)" } ?? "waits for a worker"
            case .running: "is being evaluated"
            case .failed: "failed: \(job.lastError ?? "no reason given")"
            case .cancelled: "was cancelled"
            case .succeeded: "was evaluated"
            }
        return Scorecard.NotEvaluated(subject: "\(job.checkpoint) on \(job.domainSet)", reason: reason)
    }
}

extension RunEvidence {
    /// - Parameter digests: per domain of the run's revision, the documents' digests in the frozen order; nil when they are not needed.
    init(_ recorded: RecordedRun, checkpoint: Checkpoint, digests: [[Digest]]?) {
        let run = recorded.run
        let positions = Dictionary(uniqueKeysWithValues: recorded.revision.domains.enumerated().map { ($1.name, $0) })
        let kind: Kind
        let domains: [DomainEvidence]
        switch run.content {
        case .summary(let aggregation, let summaries):
            kind = .summary(aggregation)
            domains = summaries.map { DomainEvidence(name: $0.domain, outcome: .summary($0)) }
        case .documents(let measurements):
            kind = .documents
            domains = measurements.map { measurement in
                switch measurement.outcome {
                case .failed(let reason): return DomainEvidence(name: measurement.domain, outcome: .failed(reason: reason))
                case .measured(let scores):
                    let all = positions[measurement.domain].flatMap { digests?[$0] } ?? []
                    return DomainEvidence(name: measurement.domain, outcome: .measured(scores, documents: Array(all.prefix(scores.count))))
                }
            }
        }
        self.init(
            run: run.id, digest: recorded.digest, checkpoint: checkpoint, revision: run.revision, domainSet: recorded.revision.label,
            scoring: run.scoring, evaluator: run.evaluator, environment: run.environment, reason: run.reason, evaluatedAt: run.evaluatedAt,
            recordedAt: recorded.recordedAt, kind: kind, effort: run.effort, domains: domains)
    }
}
