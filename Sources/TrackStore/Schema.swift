package import Postgres
import TrackMigrations

/// The product's schema: where it lives, and the migrations that make it.
package enum Schema {
    package static let name = "track"

    package static var migrations: [Migration] {
        Migrations.all.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) }
    }

    /// The newest that this program knows.
    package static var version: Int { Migrations.all.last?.version ?? 0 }

    /// The version of a database's schema; nil when it has none.
    package static func version(in db: Session) throws -> Int? {
        guard try db.one("SELECT to_regclass('schema_migration') IS NOT NULL", as: Bool.self) else { return nil }
        return try db.one("SELECT coalesce(max(version), 0) FROM schema_migration", as: Int.self)
    }

    /// The server's major version, for example 15.
    package static func serverVersion(in db: Session) throws -> Int {
        try db.one("SELECT current_setting('server_version_num')::int / 10000", as: Int.self)
    }
}
