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

    /// Of every lineage, or of one, the newest runs of its baseline on a refreshed revision and on the one that it replaced, under one
    /// protocol, by the lineages' ids. Empty where the revision is no refresh.
    package static func anchors(
        onRevision revision: Int64, lineage: Int64? = nil, protocolID: Int64? = nil, in db: Session
    ) throws -> [(before: RunID, after: RunID)] {
        try db.rows(
            """
            SELECT DISTINCT ON (l.id) b.id, a.id
            FROM domain_set_revision v JOIN evaluation_run a ON a.revision_id = v.id
            JOIN lineage l ON l.baseline = a.checkpoint_id
            JOIN evaluation_run b
              ON b.checkpoint_id = a.checkpoint_id AND b.revision_id = v.refreshed_from AND b.protocol_id = a.protocol_id
            WHERE v.id = \(revision) AND l.id = coalesce(\(lineage)::bigint, l.id)
              AND a.protocol_id = coalesce(\(protocolID)::bigint, a.protocol_id)
              AND NOT EXISTS (SELECT FROM evaluation_run s WHERE s.supersedes = a.id OR s.supersedes = b.id)
            ORDER BY l.id, a.evaluated_at DESC, a.id DESC, b.evaluated_at DESC, b.id DESC
            """, as: (RunID.self, RunID.self)
        ).map { ($0.0, $0.1) }
    }
}

extension RefreshRequest.Keep: SQLDecodable {}
