package import Postgres
package import TrackCore

/// Table `protocol`.
package enum ProtocolStore {
    /// The id of a protocol, which is written down when it is new.
    package static func id(of scoring: RunProtocol, in db: Session) throws -> Int64 {
        if let id = try known(scoring, in: db) { return id }
        let digest = scoring.digest
        try db.execute(
            """
            INSERT INTO protocol (digest, definition) VALUES (\(digest), \(try JSONText(encoding: scoring))) ON CONFLICT (digest) DO NOTHING
            """)
        return try db.one("SELECT id FROM protocol WHERE digest = \(digest)", as: Int64.self)
    }

    /// The id of a protocol by which an evaluator scores.
    package static func id(of scoring: ScoringProtocol, in db: Session) throws -> Int64 { try id(of: .scored(scoring), in: db) }

    /// The id of a protocol that is written down already.
    static func known(_ scoring: RunProtocol, in db: Session) throws -> Int64? {
        try db.first("SELECT id FROM protocol WHERE digest = \(scoring.digest)", as: Int64.self)
    }

    package static func isKnown(_ digest: Digest, in db: Session) throws -> Bool {
        try db.one("SELECT EXISTS (SELECT FROM protocol WHERE digest = \(digest))", as: Bool.self)
    }

    package static func definition(_ id: Int64, in db: Session) throws -> RunProtocol? {
        try db.first("SELECT definition FROM protocol WHERE id = \(id)", as: JSONText.self)?.decode(RunProtocol.self)
    }
}
