package import Postgres
package import TrackCore
import TrackStore

/// The queue of jobs: tables `job` and `attempt`.
///
/// Every claim raises the job's fence, and every later word about the job must carry it: what a worker says that lost its job changes
/// nothing. No rule needs more than READ COMMITTED: each one is a constraint or a guarded update of one row.
package enum JobQueue {
    /// Queues a job. The same key again queues nothing and gives the job that is there, whatever became of it.
    package static func enqueue(_ job: NewJob, in db: Session) throws -> (id: Int64, created: Bool) {
        let made = try db.first(
            """
            INSERT INTO job (dedupe_key, checkpoint_id, revision_id, protocol_id, reason, evaluator, priority)
            VALUES (\(job.key), \(job.work.checkpoint), \(job.work.revision), \(job.work.scoring), \(job.reason.rawValue),
                    \(job.work.evaluator), \(job.priority))
            ON CONFLICT (dedupe_key) DO NOTHING RETURNING id
            """, as: (Int64.self))
        if let made { return (made, true) }
        return (try db.one("SELECT id FROM job WHERE dedupe_key = \(job.key)", as: (Int64.self)), false)
    }

    /// Takes the next job, if there is one.
    ///
    /// The row is chosen in a materialized part of the statement: without that the planner may choose again for every row it updates.
    package static func claim(_ request: ClaimRequest, times: LeaseTimes, in db: Session) throws -> ClaimedJob? {
        let claimed = try db.first(
            """
            WITH next AS MATERIALIZED (
              SELECT id FROM job WHERE state = 'queued' AND run_at <= clock_timestamp()
                AND (\(request.evaluators == nil) OR evaluator = ANY(\(request.evaluators ?? [])::text[]))
              ORDER BY priority, run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
            ), taken AS (
              UPDATE job j SET state = 'running', fence = j.fence + 1, lease_owner = \(request.worker), beat = 0, progress = NULL,
                     lease_until = clock_timestamp() + \(times.lease.seconds)::float8 * interval '1 second'
              FROM next WHERE j.id = next.id RETURNING j.*
            ), opened AS (
              INSERT INTO attempt (job_id, fence, worker, embedded, host, pid)
              SELECT id, fence, \(request.worker), \(request.embedded), \(request.host), \(request.pid) FROM taken
            )
            SELECT id, fence, reason, evaluator, checkpoint_id, revision_id, protocol_id FROM taken
            """, as: (Int64.self, Int64.self, RunReason.self, String.self, Int64.self, Int64.self, Int64.self))
        guard let (job, fence, reason, evaluator, checkpointID, revisionID, scoringID) = claimed else { return nil }
        guard let checkpoint = try CheckpointStore.checkpoint(checkpointID, in: db),
            let revision = try DomainSetStore.revision(id: revisionID, in: db),
            let scoring = try ProtocolStore.definition(scoringID, in: db)?.scoring
        else { throw Problem(.internal, "Job \(job) names a checkpoint, a domain set or a protocol that cannot be read.") }
        return ClaimedJob(
            job: job, fence: fence, leaseSeconds: times.lease.seconds, beatSeconds: times.beat.seconds, reason: reason,
            checkpoint: checkpoint, revision: revision, scoring: scoring, evaluator: evaluator)
    }

    /// A worker says that it is alive.
    ///
    /// Touches no indexed column, so that PostgreSQL keeps it a heap-only update.
    package static func beat(
        _ attempt: AttemptReference, times: LeaseTimes, progress: JobProgress?, in db: Session
    ) throws -> BeatResponse.Instruction {
        let isCancelled = try db.first(
            """
            UPDATE job SET lease_until = clock_timestamp() + \(times.lease.seconds)::float8 * interval '1 second', beat = beat + 1,
                   progress = coalesce(\(try progress.map(JSONText.init(encoding:)))::jsonb, progress)
            WHERE id = \(attempt.job) AND fence = \(attempt.fence) AND state = 'running' RETURNING cancel_requested_at IS NOT NULL
            """, as: (Bool.self))
        guard let isCancelled else { return .lost }
        return isCancelled ? .cancel : .goOn
    }

    /// Asks for a job's end: one that waits is cancelled at once, one that runs when its worker hears of it. A result that comes first is
    /// accepted, and the request then did nothing.
    ///
    /// - Returns: the job's state now.
    /// - Throws: ``Problem`` when there is no such job.
    package static func cancel(_ job: Int64, in db: Session) throws -> JobState {
        let asked = try db.first(
            """
            UPDATE job SET cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()),
                   finished_at = CASE state WHEN 'queued' THEN clock_timestamp() END,
                   state = CASE state WHEN 'queued' THEN 'cancelled'::job_state ELSE state END
            WHERE id = \(job) AND state IN ('queued', 'running') RETURNING state
            """, as: (JobState.self))
        if let asked { return asked }
        guard let state = try db.first("SELECT state FROM job WHERE id = \(job)", as: (JobState.self)) else {
            throw Problem(.notFound, "There is no job \(job).")
        }
        return state
    }
}
