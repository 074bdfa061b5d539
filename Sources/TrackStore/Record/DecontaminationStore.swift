package import Postgres
package import TrackCore

/// Table `decontamination`: looks at a revision beside training text. Only ever added to.
package enum DecontaminationStore {
    /// The same look again changes nothing.
    ///
    /// - Returns: whether it is new.
    package static func add(_ check: Decontamination, to revision: Int64, in db: Session) throws -> Bool {
        try db.execute(
            """
            INSERT INTO decontamination (revision_id, digest, treatment, checked_at, report)
            VALUES (\(revision), \(check.digest), \(check.treatment.rawValue), \(check.checkedAt), \(try JSONText(encoding: check)))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    /// The oldest first.
    package static func all(of revision: Int64, in db: Session) throws -> [Decontamination] {
        try db.rows(
            "SELECT report FROM decontamination WHERE revision_id = \(revision) ORDER BY checked_at, digest, treatment", as: JSONText.self
        ).map { try $0.decode(Decontamination.self) }
    }

    /// The last look at a set that left documents out, and the number of the revision without them; nil when none did.
    package static func lastDrop(from set: String, in db: Session) throws -> (revision: Int, check: Decontamination)? {
        let drops = try db.rows(
            """
            SELECT v.number, d.report
            FROM domain_set s JOIN domain_set_revision v ON v.domain_set_id = s.id JOIN decontamination d ON d.revision_id = v.id
            WHERE s.name = \(set) AND d.treatment = 'drop' ORDER BY v.number DESC, d.checked_at DESC
            """, as: (Int.self, JSONText.self)
        ).map { (revision: $0, check: try $1.decode(Decontamination.self)) }
        return drops.first { $0.check.documentsFound > 0 }
    }
}
