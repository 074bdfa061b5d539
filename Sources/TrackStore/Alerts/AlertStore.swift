package import Postgres
package import TrackCore

/// What shows that an alert's rule holds.
package struct AlertEvidence: Hashable, Sendable {
    /// One sentence.
    package var summary: String
    package var checkpoint: Int64
    package var run: RunID
    /// The run that it was judged against.
    package var reference: RunID

    package init(summary: String, checkpoint: Int64, run: RunID, reference: RunID) {
        self.summary = summary
        self.checkpoint = checkpoint
        self.run = run
        self.reference = reference
    }
}

/// An alert that fires.
package struct FiringAlert: Hashable, Sendable {
    package let id: Int64
    package let openedAt: Timestamp
    package let evidence: AlertEvidence
}

/// Tables `alert` and `alert_event`. One alert at most fires per fingerprint; a resolved one stays as history, and the next one is new.
package enum AlertStore {
    /// The alert that fires, held until the end of the transaction.
    package static func firing(_ fingerprint: Digest, in db: Session) throws -> FiringAlert? {
        let row = try db.first(
            """
            SELECT id, opened_at, summary, checkpoint_id, run_id, reference_run_id FROM alert
            WHERE fingerprint = \(fingerprint) AND state <> 'resolved' FOR UPDATE
            """, as: (Int64.self, Timestamp.self, String.self, Int64.self, RunID.self, RunID.self))
        guard let row else { return nil }
        return FiringAlert(
            id: row.0, openedAt: row.1, evidence: AlertEvidence(summary: row.2, checkpoint: row.3, run: row.4, reference: row.5))
    }

    /// Opens an alert.
    ///
    /// - Parameters:
    ///   - fingerprint: over the rule and the lineage, never a value: the same trouble is the same alert.
    ///   - rule: one of those that the table knows.
    /// - Returns: its id; nil when one with this fingerprint fires already.
    package static func open(
        _ fingerprint: Digest, rule: String, lineage: Int64, _ evidence: AlertEvidence, in db: Session
    ) throws -> Int64? {
        let id = try db.first(
            """
            INSERT INTO alert (fingerprint, rule, lineage_id, state, summary, checkpoint_id, run_id, reference_run_id)
            VALUES (\(fingerprint), \(rule), \(lineage), 'firing', \(evidence.summary), \(evidence.checkpoint), \(evidence.run),
                    \(evidence.reference))
            ON CONFLICT (fingerprint) WHERE state <> 'resolved' DO NOTHING RETURNING id
            """, as: (Int64.self))
        if let id { try note(.opened, alert: id, evidence.summary, run: evidence.run, in: db) }
        return id
    }

    /// The rule still holds. Its history gets a line when another run shows it.
    package static func see(_ alert: FiringAlert, _ evidence: AlertEvidence, in db: Session) throws {
        try db.execute(
            """
            UPDATE alert SET last_seen_at = clock_timestamp(), summary = \(evidence.summary), checkpoint_id = \(evidence.checkpoint),
                   run_id = \(evidence.run), reference_run_id = \(evidence.reference)
            WHERE id = \(alert.id) AND state = 'firing'
            """)
        if evidence.run != alert.evidence.run { try note(.seen, alert: alert.id, evidence.summary, run: evidence.run, in: db) }
    }

    /// The rule holds no more.
    ///
    /// - Parameters:
    ///   - reason: one sentence.
    ///   - run: the run that shows it.
    /// - Returns: false when the alert was resolved already.
    package static func resolve(_ alert: Int64, reason: String, run: RunID?, in db: Session) throws -> Bool {
        let resolved = try db.execute(
            "UPDATE alert SET state = 'resolved', resolved_at = clock_timestamp() WHERE id = \(alert) AND state = 'firing'")
        guard resolved == 1 else { return false }
        try note(.resolved, alert: alert, reason, run: run, in: db)
        return true
    }

    private enum Event: String, SQLEncodable {
        case opened, seen, resolved
    }

    private static func note(_ event: Event, alert: Int64, _ summary: String, run: RunID?, in db: Session) throws {
        try db.execute("INSERT INTO alert_event (alert_id, kind, summary, run_id) VALUES (\(alert), \(event), \(summary), \(run))")
    }
}
