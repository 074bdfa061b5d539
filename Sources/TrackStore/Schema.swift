package import Postgres
import TrackMigrations

/// The product's schema: where it lives, and the migrations that make it.
package enum Schema {
    package static let name = "track"

    package static var migrations: [Migration] {
        Migrations.all.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) }
    }
}
