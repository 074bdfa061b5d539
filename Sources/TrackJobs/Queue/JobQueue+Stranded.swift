import Postgres

extension JobQueue {
    /// Makes every queued job due that would wait longer than any back-off lasts.
    ///
    /// Only a clock that was set back leaves such jobs: the time of each was written while the database's clock stood ahead. One that
    /// stood a week ahead for a minute would else cost a week.
    ///
    /// - Returns: how many there were.
    static func freeStranded(policy: RetryPolicy, in db: Session) throws -> Int {
        try db.execute(
            """
            UPDATE job SET run_at = clock_timestamp()
            WHERE state = 'queued' AND run_at > clock_timestamp() + \(policy.longestDelay.seconds)::float8 * interval '1 second'
            """)
    }
}
