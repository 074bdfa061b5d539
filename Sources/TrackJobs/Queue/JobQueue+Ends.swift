package import Postgres
package import TrackCore

extension JobQueue {
    /// Ends an attempt by the word of its worker.
    ///
    /// - Returns: the job's state now; nil when the attempt had lost its job, and then nothing was changed.
    /// - Throws: ``Problem`` for an outcome that a worker cannot give: a success ends by its result, a loss is the daemon's finding.
    package static func end(
        _ attempt: AttemptReference, _ request: EndAttemptRequest, policy: RetryPolicy, in db: Session
    ) throws -> JobState? {
        guard let end = AttemptEnd(request.outcome), end != .lost else {
            throw Problem(.invalid, "An attempt cannot be ended as \(request.outcome.rawValue) by its worker.")
        }
        return try self.end(attempt, as: end, detail: request.detail, retry: request.retry, policy: policy, in: db)
    }

    /// Ends an attempt that gave no result, and decides whether the job is tried again.
    ///
    /// - Parameter detail: for people; the first 2,000 characters are kept.
    /// - Returns: the job's state now; nil when the attempt had lost its job, and then nothing was changed.
    package static func end(
        _ attempt: AttemptReference, as end: AttemptEnd, detail: String, retry: Bool = true, policy: RetryPolicy, in db: Session
    ) throws -> JobState? {
        let held = try db.first(
            """
            SELECT attempts, max_attempts, losses, max_losses, cancel_requested_at IS NOT NULL FROM job
            WHERE id = \(attempt.job) AND fence = \(attempt.fence) AND state = 'running' FOR UPDATE
            """, as: (Int.self, Int.self, Int.self, Int.self, Bool.self))
        guard let held else { return nil }
        let budgets = JobBudgets(attempts: held.0, maximumAttempts: held.1, losses: held.2, maximumLosses: held.3)
        var generator = SystemRandomNumberGenerator()
        let ending = AttemptEnding.decide(
            end, retry: retry, cancelRequested: held.4, budgets: budgets, policy: policy, using: &generator)
        return try write(ending, of: attempt, end, detail: detail, in: db)
    }

    /// Ends the open attempts of the worker inside the daemon, for a daemon that starts: that worker is gone.
    ///
    /// A daemon that stops gives its jobs back, so an attempt that is still open belonged to one that died, perhaps of this very job. It
    /// counts as a loss, else a job that kills its daemon would be tried for ever; but the job may start again at once.
    ///
    /// - Parameter host: as in ``ClaimRequest/host``: daemons on other hosts keep their attempts.
    /// - Returns: the attempts that were ended.
    package static func endEmbeddedAttempts(host: String, in db: Session) throws -> [AttemptReference] {
        let open = try db.rows(
            "SELECT job_id, fence FROM attempt WHERE ended_at IS NULL AND embedded AND host = \(host) ORDER BY job_id",
            as: (Int64.self, Int64.self))
        return try open.map { AttemptReference(job: $0.0, fence: $0.1) }.filter { attempt in
            try end(attempt, as: .lost, detail: "trackd ended while it evaluated", policy: RetryPolicy(base: .zero), in: db) != nil
        }
    }

    private static func write(
        _ ending: AttemptEnding, of attempt: AttemptReference, _ end: AttemptEnd, detail: String, in db: Session
    ) throws -> JobState {
        let state: JobState
        var delay = Duration.zero
        switch ending.next {
        case .queued(let after): (state, delay) = (.queued, after)
        case .failed: state = .failed
        case .cancelled: state = .cancelled
        }
        // PostgreSQL's text holds no NUL, but the last words of a crashed evaluator can.
        let words = String(detail.filter { $0 != "\0" }.prefix(2000))
        try db.execute(
            """
            UPDATE job SET attempts = \(ending.attempts), losses = \(ending.losses), state = \(state),
                   finished_at = CASE WHEN \(state.isOpen) THEN NULL ELSE clock_timestamp() END,
                   run_at = clock_timestamp() + \(delay.seconds)::float8 * interval '1 second',
                   lease_owner = NULL, lease_until = NULL, last_error = \(words)
            WHERE id = \(attempt.job)
            """)
        try db.execute(
            """
            UPDATE attempt SET ended_at = clock_timestamp(), outcome = \(end.outcome), detail = \(words)
            WHERE job_id = \(attempt.job) AND fence = \(attempt.fence)
            """)
        return state
    }
}

extension JobState: SQLEncodable, SQLDecodable {}
extension AttemptOutcome: SQLEncodable, SQLDecodable {}
