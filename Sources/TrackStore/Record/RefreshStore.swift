package import Postgres
package import TrackCore

/// Table `domain_set_refresh`: sets that take in new documents at every slot.
package enum RefreshStore {
    /// Where a set's new documents come from.
    package struct Setting: Hashable, Sendable {
        package let set: String
        /// On the daemon's machine.
        package let folder: String
        package let keep: RefreshRequest.Keep
    }

    package static func keep(_ folder: String, _ keep: RefreshRequest.Keep, for set: String, in db: Session) throws {
        try db.execute(
            """
            INSERT INTO domain_set_refresh (domain_set_id, folder, keep)
            SELECT id, \(folder), \(keep.rawValue) FROM domain_set WHERE name = \(set)
            ON CONFLICT (domain_set_id) DO UPDATE SET folder = excluded.folder, keep = excluded.keep
            """)
    }

    /// - Returns: whether there was a setting.
    package static func remove(for set: String, in db: Session) throws -> Bool {
        try db.execute(
            "DELETE FROM domain_set_refresh WHERE domain_set_id = (SELECT id FROM domain_set WHERE name = \(set))") > 0
    }

    /// Of the set that a schedule evaluates on; nil when that set is not refreshed.
    package static func setting(ofSchedule schedule: Int64, in db: Session) throws -> Setting? {
        try db.first(
            """
            SELECT d.name, r.folder, r.keep FROM schedule s JOIN domain_set_refresh r ON r.domain_set_id = s.domain_set_id
            JOIN domain_set d ON d.id = s.domain_set_id WHERE s.id = \(schedule)
            """, as: (String.self, String.self, RefreshRequest.Keep.self)
        ).map { Setting(set: $0.0, folder: $0.1, keep: $0.2) }
    }
}

extension RefreshRequest.Keep: SQLDecodable {}
