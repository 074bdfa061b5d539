package import Postgres
package import TrackCore
import TrackStore

extension JobQueue {
    /// - Throws: ``Problem`` when there is no such job.
    package static func job(_ id: Int64, in db: Session) throws -> JobView {
        guard let row = try db.first(select("WHERE j.id = \(id)"), as: Row.self) else {
            throw Problem(.notFound, "There is no job \(id).")
        }
        return try row.view()
    }

    /// Jobs in the given states, the newest first.
    package static func jobs(in states: Set<JobState> = Set(JobState.allCases), limit: Int = 100, in db: Session) throws -> [JobView] {
        let names = states.map(\.rawValue).sorted()
        return try db.rows(
            select("WHERE j.state = ANY (\(names)::job_state[]) ORDER BY j.id DESC LIMIT \(limit)"), as: Row.self
        ).map { try $0.view() }
    }

    /// The jobs of a checkpoint, the newest first.
    package static func jobs(checkpoint: Int64, limit: Int, in db: Session) throws -> [JobView] {
        try db.rows(select("WHERE j.checkpoint_id = \(checkpoint) ORDER BY j.id DESC LIMIT \(limit)"), as: Row.self).map { try $0.view() }
    }

    /// How many jobs of a checkpoint are queued or running.
    package static func openJobs(checkpoint: Int64, in db: Session) throws -> Int {
        try db.one("SELECT count(*) FROM job WHERE checkpoint_id = \(checkpoint) AND state IN ('queued', 'running')", as: (Int.self))
    }

    /// Whether a worker ever took a job for this evaluator.
    package static func wasTaken(by evaluator: String, in db: Session) throws -> Bool {
        try db.one("SELECT EXISTS (SELECT FROM job WHERE evaluator = \(evaluator) AND fence > 0)", as: (Bool.self))
    }

    /// Why the checkpoints of a lineage lack an evaluation: their jobs that are not done or came to nothing, the newest per checkpoint.
    package static func unevaluated(lineage: Int64, in db: Session) throws -> [JobView] {
        try db.rows(
            select(
                """
                WHERE c.lineage_id = \(lineage) AND j.state <> 'succeeded'
                  AND j.id = (SELECT max(n.id) FROM job n WHERE n.checkpoint_id = c.id)
                ORDER BY j.id
                """), as: Row.self
        ).map { try $0.view() }
    }

    private static func select(_ filter: SQL) -> SQL {
        """
        SELECT j.id, j.state, j.reason, l.name || '/' || c.name AS checkpoint, s.name || '@' || v.number AS domain_set, p.definition,
               j.evaluator, j.queued_at, j.finished_at, j.fence, j.last_error, r.run_id, j.progress
        FROM job j
        JOIN checkpoint c ON c.id = j.checkpoint_id JOIN lineage l ON l.id = c.lineage_id
        JOIN domain_set_revision v ON v.id = j.revision_id JOIN domain_set s ON s.id = v.domain_set_id
        JOIN protocol p ON p.id = j.protocol_id LEFT JOIN job_result r ON r.job_id = j.id
        \(fragment: filter)
        """
    }

    private struct Row: SQLRow {
        let id: Int64
        let state: JobState
        let reason: RunReason
        let checkpoint: String
        let domainSet: String
        let definition: JSONText
        let evaluator: String
        let queuedAt: TrackCore.Timestamp
        let finishedAt: TrackCore.Timestamp?
        let fence: Int
        let lastError: String?
        let run: RunID?
        let progress: JSONText?

        init(row: inout RowReader) throws(PostgresError) {
            id = try row.read("id")
            state = try row.read("state")
            reason = try row.read("reason")
            checkpoint = try row.read("checkpoint")
            domainSet = try row.read("domain_set")
            definition = try row.read("definition")
            evaluator = try row.read("evaluator")
            queuedAt = try row.read("queued_at")
            finishedAt = try row.read("finished_at")
            fence = try row.read("fence")
            lastError = try row.read("last_error")
            run = try row.read("run_id")
            progress = try row.read("progress")
        }

        /// Every claim was an attempt, so the fence is their number.
        func view() throws -> JobView {
            JobView(
                id: id, state: state, reason: reason, checkpoint: checkpoint, domainSet: domainSet,
                scoring: try definition.decode(ScoringProtocol.self), evaluator: evaluator, queuedAt: queuedAt, finishedAt: finishedAt,
                attempts: fence, lastError: lastError, run: run, progress: try progress?.decode(JobProgress.self))
        }
    }
}
