package import Postgres
package import TrackCore

extension JobQueue {
    /// What a result of an attempt is worth.
    package enum Standing: Hashable, Sendable {
        /// The job is this attempt's: record the run, then call ``JobQueue/succeed(_:run:in:)`` in the same transaction.
        case current
        /// This run already is the job's result: an answer got lost on the way. Answer as the first time.
        case duplicate
        /// The attempt had lost its job: the run must not be recorded, only kept by ``JobQueue/keepFenced(_:run:digest:record:in:)``.
        case fenced
        /// The attempt is of a history that a restore left behind, and how it ended went with it: record the run for itself. It is a
        /// result all the same, perhaps an acknowledged one that its sender sends again.
        case leftBehind
    }

    /// Asks what the result of an attempt is worth, and holds the job until the end of the transaction.
    ///
    /// - Throws: ``Problem`` when there is no such attempt.
    package static func standing(of attempt: AttemptReference, run: RunID, in db: Session) throws -> Standing {
        if try isLeftBehind(attempt, in: db) { return .leftBehind }
        let job = try db.first("SELECT fence, state FROM job WHERE id = \(attempt.job) FOR UPDATE", as: (Int64.self, JobState.self))
        guard let (fence, state) = job, attempt.fence >= 1, attempt.fence <= fence else {
            throw Problem(.notFound, "There is no attempt \(attempt.fence) at a job \(attempt.job).")
        }
        if fence == attempt.fence, state == .running { return .current }
        let isResult = try db.one(
            """
            SELECT EXISTS (SELECT FROM job_result WHERE job_id = \(attempt.job) AND fence = \(attempt.fence) AND run_id = \(run))
            """, as: (Bool.self))
        return isResult ? .duplicate : .fenced
    }

    /// Whether an attempt was claimed before the latest restore and its end is not in the history that was restored: made after the
    /// backup, or open in it and ended by the restore.
    private static func isLeftBehind(_ attempt: AttemptReference, in db: Session) throws -> Bool {
        try db.one(
            """
            SELECT \(attempt.fence) BETWEEN 1 AND e.first_fence AND NOT EXISTS (
              SELECT FROM attempt a WHERE a.job_id = \(attempt.job) AND a.fence = \(attempt.fence) AND a.ended_at < e.began_at)
            FROM epoch e
            """, as: Bool.self)
    }

    /// Whether a run answers what the job asked: its checkpoint, revision and protocol.
    package static func asked(_ job: Int64, checkpoint: Int64, revision: Int64, scoring: Digest, in db: Session) throws -> Bool {
        try db.one(
            """
            SELECT j.checkpoint_id = \(checkpoint) AND j.revision_id = \(revision) AND p.digest = \(scoring.bytes)
            FROM job j JOIN protocol p ON p.id = j.protocol_id WHERE j.id = \(job)
            """, as: (Bool.self))
    }

    /// Ends a job with its run, which must be recorded already. A wish to cancel that came before does nothing any more.
    ///
    /// - Throws: ``Problem`` when the attempt has lost its job; the transaction must then be given up.
    package static func succeed(_ attempt: AttemptReference, run: RunID, in db: Session) throws {
        let ended = try db.execute(
            """
            UPDATE job SET state = 'succeeded', finished_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL, last_error = NULL
            WHERE id = \(attempt.job) AND fence = \(attempt.fence) AND state = 'running'
            """)
        guard ended == 1 else {
            throw Problem(.conflict, "Attempt \(attempt.fence) at job \(attempt.job) no longer holds the job.")
        }
        try db.execute(
            """
            UPDATE attempt SET ended_at = clock_timestamp(), outcome = 'succeeded'
            WHERE job_id = \(attempt.job) AND fence = \(attempt.fence)
            """)
        try db.execute("INSERT INTO job_result (job_id, fence, run_id) VALUES (\(attempt.job), \(attempt.fence), \(run))")
    }

    /// Keeps what an attempt sent that had lost its job: for audit, never for a number.
    package static func keepFenced(
        _ attempt: AttemptReference, run: RunID, digest: Digest, record: JSONText, in db: Session
    ) throws {
        try db.execute(
            """
            INSERT INTO fenced_run (id, digest, job_id, fence, record)
            VALUES (\(run), \(digest.bytes), \(attempt.job), \(attempt.fence), \(record)) ON CONFLICT (id) DO NOTHING
            """)
    }

    /// What was kept apart under any of the ids; the others are left out.
    package static func keptApart(_ ids: [RunID], in db: Session) throws -> [RunDigestView] {
        try db.rows(
            "SELECT id, digest FROM fenced_run WHERE id = ANY (\(ids.map(\.description))::text[]::uuid[]) ORDER BY id",
            as: (RunID.self, Digest.self)
        ).map { RunDigestView(id: $0.0, digest: $0.1, keptApart: true) }
    }
}
