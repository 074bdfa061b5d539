package import Postgres
package import TrackCore

/// Counts for `track status`.
package enum StatusStore {
    package struct Counts: Sendable {
        package let checkpoints: Int
        package let runs: Int
        /// By state.
        package let jobs: [String: Int]
        /// Workers with an open attempt.
        package let workers: Int
        package let firingAlerts: Int
        package let nextSlotAt: Timestamp?
        package let undeliveredNotifications: Int
        package let failedJobs: [String]
    }

    package static func counts(in db: Session) throws -> Counts {
        let totals = try db.one(
            """
            SELECT (SELECT count(*) FROM checkpoint), (SELECT count(*) FROM evaluation_run),
                   (SELECT count(DISTINCT worker) FROM attempt WHERE ended_at IS NULL),
                   (SELECT count(*) FROM alert WHERE state = 'firing'), (SELECT min(next_at) FROM schedule WHERE enabled),
                   (SELECT count(*) FROM notification WHERE state = 'failed' OR (state = 'pending' AND attempts > 0))
            """, as: (Int.self, Int.self, Int.self, Int.self, Timestamp?.self, Int.self))
        let jobs = try db.rows("SELECT state::text, count(*) FROM job GROUP BY state", as: (String.self, Int.self))
        let failed = try db.rows(
            """
            SELECT l.name || '/' || c.name || ': ' || coalesce(j.last_error, 'no reason given')
            FROM job j JOIN checkpoint c ON c.id = j.checkpoint_id JOIN lineage l ON l.id = c.lineage_id
            WHERE j.state = 'failed' AND NOT EXISTS (
              SELECT FROM job n WHERE n.checkpoint_id = j.checkpoint_id AND n.revision_id = j.revision_id AND n.protocol_id = j.protocol_id
                AND n.id > j.id AND n.state = 'succeeded')
            ORDER BY j.finished_at DESC LIMIT 5
            """, as: String.self)
        return Counts(
            checkpoints: totals.0, runs: totals.1, jobs: Dictionary(uniqueKeysWithValues: jobs.map { ($0.0, $0.1) }), workers: totals.2,
            firingAlerts: totals.3, nextSlotAt: totals.4, undeliveredNotifications: totals.5, failedJobs: failed)
    }
}
