/// What surrounds the loading of a backup in its transaction. It is a script for `psql`, not statements of a session, because
/// `pg_restore` speaks to `psql`.
package enum RestoreScript {
    /// The first schema version with an epoch, and so with what ``closing(rows:)`` calls.
    package static let oldestVersion = 5

    /// Refuses a database in use or with records, and clears an empty schema away.
    package static let opening = """
        SET LOCAL lock_timeout = '10s';
        SELECT pg_advisory_xact_lock(hashtextextended('schema_migration track', 0));
        DO $$
        BEGIN
          IF EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'trackd') THEN
            RAISE EXCEPTION 'A trackd uses this database. Stop it, then restore.';
          END IF;
          IF to_regclass('track.lineage') IS NOT NULL THEN
            LOCK TABLE track.lineage, track.checkpoint, track.domain_set, track.schedule IN ACCESS EXCLUSIVE MODE;
            IF EXISTS (SELECT FROM track.lineage) OR EXISTS (SELECT FROM track.domain_set) OR EXISTS (SELECT FROM track.schedule) THEN
              RAISE EXCEPTION 'The database holds records, which a restore would replace. Restore into an empty database or another \
        state folder (--state-folder), or move these away first.';
            END IF;
          END IF;
        END $$;
        DROP SCHEMA IF EXISTS track CASCADE;
        """

    /// Compares what was loaded with what the backup held, and begins the new epoch.
    ///
    /// - Parameter rows: by table. Names that cannot be a table's are the caller's to refuse: see ``isTableName(_:)``.
    package static func closing(rows: [String: Int]) -> String {
        let checks = rows.sorted { $0.key < $1.key }.map { table, count in
            """
              IF (SELECT count(*) FROM track."\(table)") <> \(count) THEN
                RAISE EXCEPTION 'The table \(table) did not get the \(count) rows of the backup.';
              END IF;
            """
        }
        return "DO $$\nBEGIN\n" + checks.joined(separator: "\n") + "\nEND $$;\nSELECT track.begin_epoch();"
    }

    package static func isTableName(_ text: String) -> Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        return (1...63).contains(text.utf8.count) && text.utf8.allSatisfy { letters.contains($0) || $0 == UInt8(ascii: "_") }
    }
}
