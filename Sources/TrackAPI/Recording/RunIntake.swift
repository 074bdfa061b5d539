import FoundationEssentials
import Postgres
import TrackCore
import TrackJobs
import TrackStore

/// What becomes of one record by itself, in one transaction: the answer is given after its COMMIT.
enum RunIntake {
    /// A record that answers a claim, or any other.
    ///
    /// - Parameter text: what the run was read from.
    static func record(_ run: IncomingRun, text: Data, facts: RunFacts, in db: Session) throws -> RecordRunResponse {
        guard let attempt = run.attempt else { return try record(run, text: text, facts: facts, in: db) { _, _ in } }
        let standing = try JobQueue.standing(of: attempt, run: run.heading.id, in: db)
        if standing == .fenced { return try keepFenced(attempt, text: text, in: db) }
        return try record(run, text: text, facts: facts, in: db) { placed, db in
            // A duplicate is answered already; what a restore left behind is recorded for itself.
            guard standing == .current else { return }
            let fits = try JobQueue.asked(
                attempt.job, checkpoint: placed.target.checkpoint, revision: placed.target.revision, scoring: placed.heading.scoring.digest,
                in: db)
            guard fits else {
                throw Problem(
                    .invalid,
                    "The run \(placed.heading.id) is of another checkpoint, domain set or protocol than job \(attempt.job) asked for.")
            }
            try JobQueue.succeed(attempt, run: placed.heading.id, in: db)
        }
    }

    /// A record that was checked already.
    static func record(_ run: PlacedRun, in db: Session) throws -> RecordVerdict {
        let verdict = try RunStore.insert(run, in: db)
        if verdict == .accepted { try ReviewQueue.enqueue(lineage: run.target.lineage, in: db) }
        return verdict
    }

    private static func record(
        _ run: IncomingRun, text: Data, facts: RunFacts, in db: Session, _ afterwards: (PlacedRun, Session) throws -> Void
    ) throws -> RecordRunResponse {
        let placed = try PlacedRun(run, text: text, on: try facts.target(of: run.heading, in: db))
        let verdict = try record(placed, in: db)
        try afterwards(placed, db)
        return RecordRunResponse(id: placed.heading.id, verdict: verdict, digest: placed.digest)
    }

    private static func keepFenced(_ attempt: AttemptReference, text: Data, in db: Session) throws -> RecordRunResponse {
        let record = try WireCoding.decode(RecordRunRequest.self, from: text)
        let digest = record.run.digest
        try JobQueue.keepFenced(attempt, run: record.run.id, digest: digest, record: try JSONText(encoding: record), in: db)
        return RecordRunResponse(id: record.run.id, verdict: .fenced, digest: digest)
    }
}
