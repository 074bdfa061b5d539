import Crypto

/// One numbered step of the schema.
public struct Migration: Sendable {
    public let version: Int
    public let name: String
    public let sql: String
    /// SHA-256 of the SQL, in hexadecimal.
    public let sha256: String

    /// - Parameter sql: any number of statements, run in one transaction. A file whose first line is `-- track: no-transaction` (with the
    ///   program's own name) holds exactly one statement, which is run outside of any.
    public init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
        sha256 = Hexadecimal.encode(SHA256.hash(data: Array(sql.utf8)))
    }

    func runsInTransaction(program: String) -> Bool {
        guard let first = sql.split(whereSeparator: \.isNewline).first else { return true }
        return first != "-- \(program): no-transaction"
    }
}

/// A migration that the database has.
struct AppliedMigration: SQLRow, Hashable {
    let version: Int
    let name: String
    let sha256: String

    init(version: Int, name: String, sha256: String) {
        self.version = version
        self.name = name
        self.sha256 = sha256
    }

    init(row: inout RowReader) throws(PostgresError) {
        version = try row.read("version")
        name = try row.read("name")
        sha256 = try row.read("sha256")
    }
}
