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
            "SELECT \(fragment: columns) FROM \(fragment: source)", as: (String.self, String.self, String.self))
        return Epoch(row: row, server: server, timeline: timeline)
    }

    /// What an ``Epoch`` is made of, and where it stands: one row, for a statement that asks for something else too.
    static let columns: SQL = "e.id::text, s.system_identifier::text, left(pg_walfile_name(pg_current_wal_lsn()), 8)"
    static let source: SQL = "epoch e CROSS JOIN pg_control_system() s"

    /// - Throws: ``AnotherHistory`` when the transaction is not of the history that something was read from.
    static func check(_ epochs: Set<Epoch>, in db: Session) throws {
        guard !epochs.isEmpty else { return }
        guard epochs == [try current(in: db)] else { throw AnotherHistory() }
    }
}

/// What was read before does not hold any more: the database was restored, or another server took over. A number of the lost history may
/// stand for another row in this one.
package struct AnotherHistory: Error {}
