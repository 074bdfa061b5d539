package import Postgres
package import TrackCore

/// Table `epoch`, and what the server says of its own history.
package enum EpochStore {
    /// The timeline is that of the log which is written now: `pg_control_checkpoint()` tells the one of the last checkpoint, which after a
    /// failover is the old one for minutes.
    ///
    /// - Throws: ``PostgresError`` on a standby too, which writes no log.
    package static func current(in db: Session) throws -> Epoch {
        let (row, server, timeline) = try db.one(
            """
            SELECT e.id::text, s.system_identifier::text, left(pg_walfile_name(pg_current_wal_lsn()), 8)
            FROM epoch e, pg_control_system() s
            """, as: (String.self, String.self, String.self))
        return Epoch(row: row, server: server, timeline: timeline)
    }
}
