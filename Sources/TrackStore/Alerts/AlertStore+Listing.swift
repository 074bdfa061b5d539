package import Postgres
package import TrackCore

extension AlertStore {
    /// Alerts with their history and their notifications: those that fire first, then the newest first; 200 at most.
    package static func list(lineage: String? = nil, includeResolved: Bool, in db: Session) throws -> [AlertView] {
        var filters: [SQL] = ["TRUE"]
        if let lineage { filters.append("l.name = \(lineage)") }
        if !includeResolved { filters.append("a.state <> 'resolved'") }
        return try db.rows(
            """
            SELECT a.id, a.rule, l.name AS lineage, a.state, a.opened_at, a.last_seen_at, a.resolved_at, a.summary,
                   l.name || '/' || c.name AS checkpoint, a.run_id, a.reference_run_id
            FROM alert a JOIN lineage l ON l.id = a.lineage_id JOIN checkpoint c ON c.id = a.checkpoint_id
            WHERE \(fragment: filters.joined(separator: " AND ")) ORDER BY a.state = 'resolved', a.id DESC LIMIT 200
            """, as: Row.self
        ).map { row in
            row.view(events: try events(of: row.id, in: db), notifications: try NotificationStore.list(alert: row.id, in: db))
        }
    }

    private static func events(of alert: Int64, in db: Session) throws -> [AlertEventView] {
        try db.rows(
            "SELECT at, kind, summary FROM alert_event WHERE alert_id = \(alert) ORDER BY id",
            as: (Timestamp.self, String.self, String.self)
        ).map { AlertEventView(at: $0.0, kind: $0.1, summary: $0.2) }
    }

    private struct Row: SQLRow {
        let id: Int64
        let rule: String
        let lineage: String
        let state: AlertView.State
        let openedAt: Timestamp
        let lastSeenAt: Timestamp
        let resolvedAt: Timestamp?
        let summary: String
        let checkpoint: String
        let run: RunID
        let reference: RunID

        init(row: inout RowReader) throws(PostgresError) {
            id = try row.read("id")
            rule = try row.read("rule")
            lineage = try row.read("lineage")
            state = try row.read("state")
            openedAt = try row.read("opened_at")
            lastSeenAt = try row.read("last_seen_at")
            resolvedAt = try row.read("resolved_at")
            summary = try row.read("summary")
            checkpoint = try row.read("checkpoint")
            run = try row.read("run_id")
            reference = try row.read("reference_run_id")
        }

        func view(events: [AlertEventView], notifications: [NotificationView]) -> AlertView {
            AlertView(
                id: id, rule: rule, lineage: lineage, state: state, openedAt: openedAt, lastSeenAt: lastSeenAt, resolvedAt: resolvedAt,
                summary: summary, checkpoint: checkpoint, runs: [run, reference], events: events, notifications: notifications)
        }
    }
}

extension AlertView.State: SQLDecodable {}
