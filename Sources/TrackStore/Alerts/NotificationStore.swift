package import FoundationEssentials
package import Postgres
package import TrackCore

/// What a notification says.
package enum NotificationKind: String, Sendable, Hashable, Codable, CaseIterable {
    case firing = "alert.firing"
    case resolved = "alert.resolved"
}

/// A notification that somebody has taken to deliver.
package struct DueNotification: Hashable, Sendable {
    /// The same over all attempts, so that a receiver can tell a repetition.
    package let id: UUID
    package let alert: Int64
    package let sink: String
    package let kind: NotificationKind
    /// As it is signed and sent.
    package let body: String
    /// 1 for the first.
    package let attempt: Int
    /// Counts those who took it; only the last one may settle it.
    package let fence: Int64

    package init(id: UUID, alert: Int64, sink: String, kind: NotificationKind, body: String, attempt: Int, fence: Int64) {
        self.id = id
        self.alert = alert
        self.sink = sink
        self.kind = kind
        self.body = body
        self.attempt = attempt
        self.fence = fence
    }
}

/// Table `notification`, the outbox: written in the transaction that changes an alert, delivered afterwards, at least once.
package enum NotificationStore {
    /// Writes a notification for each sink. An alert is told of once per sink and kind, however often this is called.
    ///
    /// - Returns: how many are new.
    @discardableResult
    package static func write(
        alert: Int64, _ kind: NotificationKind, body: String, sinks: [String], at time: Timestamp, in db: Session
    ) throws -> Int {
        try sinks.reduce(0) { count, sink in
            try count + db.execute(
                """
                INSERT INTO notification (id, alert_id, sink, kind, body)
                VALUES (\(RunID.make(at: time)), \(alert), \(sink), \(kind), \(body)) ON CONFLICT (alert_id, sink, kind) DO NOTHING
                """)
        }
    }

    /// Takes notifications that are due. Whoever takes one must settle it within the lease, else it is due again: a receiver may get it
    /// twice, never not at all. That an alert is resolved is told after that it fired.
    package static func claimDue(limit: Int, lease: Duration, in db: Session) throws -> [DueNotification] {
        try db.rows(
            """
            WITH due AS MATERIALIZED (
              SELECT n.id FROM notification n WHERE n.state = 'pending'
                AND (n.next_try_at <= clock_timestamp()
                     OR n.next_try_at > clock_timestamp() + \(longestWait / .seconds(1))::float8 * interval '1 second')
                AND NOT (
                n.kind = 'alert.resolved' AND EXISTS (
                  SELECT FROM notification f
                  WHERE f.alert_id = n.alert_id AND f.sink = n.sink AND f.kind = 'alert.firing' AND f.state = 'pending'))
              ORDER BY n.next_try_at, n.id LIMIT \(limit) FOR UPDATE SKIP LOCKED
            )
            UPDATE notification n SET attempts = n.attempts + 1, fence = n.fence + 1,
                   next_try_at = clock_timestamp() + \(lease / .seconds(1))::float8 * interval '1 second'
            FROM due WHERE n.id = due.id RETURNING n.id, n.alert_id, n.sink, n.kind, n.body, n.attempts, n.fence
            """, as: (UUID.self, Int64.self, String.self, NotificationKind.self, String.self, Int.self, Int64.self)
        ).map { DueNotification(id: $0.0, alert: $0.1, sink: $0.2, kind: $0.3, body: $0.4, attempt: $0.5, fence: $0.6) }
    }

    /// No delivery waits longer than a day. What is due later than this was written while the clock stood ahead, and is due now.
    private static let longestWait = Duration.seconds(2 * 86_400)

    /// How a delivery ended.
    package enum Settlement: Hashable, Sendable {
        case delivered
        case retry(after: Duration, reason: String)
        /// For good.
        case failed(reason: String)
    }

    /// Writes down how a delivery ended.
    ///
    /// - Returns: false when somebody else has taken the notification since; then nothing was changed.
    package static func settle(_ notification: DueNotification, _ settlement: Settlement, in db: Session) throws -> Bool {
        let change: SQL
        switch settlement {
        case .delivered: change = "state = 'delivered', delivered_at = clock_timestamp(), last_error = NULL"
        case .retry(let delay, let reason):
            change = """
                next_try_at = clock_timestamp() + \(delay / .seconds(1))::float8 * interval '1 second', last_error = \(plain(reason))
                """
        case .failed(let reason): change = "state = 'failed', last_error = \(plain(reason))"
        }
        return try db.execute(
            """
            UPDATE notification SET \(fragment: change)
            WHERE id = \(notification.id) AND fence = \(notification.fence) AND state = 'pending'
            """) == 1
    }

    static func list(alert: Int64, in db: Session) throws -> [NotificationView] {
        try db.rows(
            """
            SELECT sink, kind, state, attempts, delivered_at, last_error FROM notification WHERE alert_id = \(alert) ORDER BY kind, sink
            """, as: (String.self, String.self, NotificationView.State.self, Int.self, Timestamp?.self, String?.self)
        ).map {
            NotificationView(sink: $0.0, kind: $0.1, state: $0.2, attempts: $0.3, deliveredAt: $0.4, lastError: $0.5)
        }
    }

    /// What a receiver says can hold anything, and PostgreSQL's text holds no NUL.
    private static func plain(_ reason: String) -> String {
        String(reason.filter { $0 != "\0" }.prefix(500))
    }
}

extension NotificationKind: SQLEncodable, SQLDecodable {}
extension NotificationView.State: SQLDecodable {}
