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
}
