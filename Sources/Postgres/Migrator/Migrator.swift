import Logging

/// Brings the schema of a database to the version that a program knows, forward only.
///
/// What was applied is written into `schema_migration` in the schema itself. A run holds an advisory lock, so that two programs that start
/// at once migrate one after the other.
public struct Migrator: Sendable {
    private let database: Database
    private let schema: String
    private let program: String
    private let migrations: [Migration]

    /// - Parameters:
    ///   - database: its search path should be `schema`.
    ///   - program: the name for messages and for the header line of a migration.
    public init(database: Database, schema: String, program: String, migrations: [Migration]) {
        self.database = database
        self.schema = schema
        self.program = program
        self.migrations = migrations
    }

    /// Returns when the schema is exactly what the program knows.
    ///
    /// - Throws: ``MigrationError``, also for migrations that wait to be applied; ``PostgresError``.
    public func check() async throws {
        let table = table
        let schema = schema
        let applied = try await database.read("migration.check") { db in
            let exists = try db.one("SELECT to_regclass(\(Quoting.identifier(schema) + ".schema_migration")) IS NOT NULL", as: Bool.self)
            return exists ? try db.rows("SELECT version, name, sha256 FROM \(fragment: table)", as: AppliedMigration.self) : []
        }
        let pending = try plan(applied).pending
        guard pending.isEmpty else { throw MigrationError(reason: .pending(pending.map(\.version)), program: program) }
    }

    /// Applies what is missing.
    ///
    /// - Parameters:
    ///   - timeout: for the whole run, with the wait for another program that is migrating.
    ///   - lockTimeout: how long one statement may wait for a lock. A short one keeps a busy database answering.
    /// - Returns: the versions that were applied.
    /// - Throws: ``MigrationError``, ``PostgresError``.
    public func apply(timeout: Duration = .seconds(600), lockTimeout: Duration = .seconds(5)) async throws -> [Int] {
        try await database.withoutTransaction("migration.apply", timeout: timeout) { db in
            try db.executeScript(SQL(unchecked: "SET lock_timeout = 0"))
            try db.execute("SELECT pg_advisory_lock(hashtextextended(\("schema_migration " + schema), 0))")
            try db.executeScript(SQL(unchecked: "SET lock_timeout = \(lockTimeout.milliseconds)"))
            try prepare(db)
            let applied = try db.rows("SELECT version, name, sha256 FROM \(fragment: table)", as: AppliedMigration.self)
            let pending = try plan(applied).pending
            for migration in pending {
                do {
                    try run(migration, db)
                } catch let error as PostgresError {
                    throw MigrationError(
                        reason: .failed(version: migration.version, name: migration.name, .init(text: error.description)), program: program)
                }
            }
            return pending.map(\.version)
        }
    }

    private var table: SQL {
        SQL(unchecked: Quoting.identifier(schema) + ".schema_migration")
    }

    private func plan(_ applied: [AppliedMigration]) throws(MigrationError) -> MigrationPlan {
        do {
            return try MigrationPlan(known: migrations, applied: applied)
        } catch {
            throw MigrationError(reason: error.reason, program: program)
        }
    }

    private func prepare(_ db: Session) throws(PostgresError) {
        try db.executeScript(SQL(unchecked: "CREATE SCHEMA IF NOT EXISTS \(Quoting.identifier(schema))"))
        try db.execute(
            """
            CREATE TABLE IF NOT EXISTS \(fragment: table) (
                version integer PRIMARY KEY,
                name text NOT NULL,
                sha256 text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now(),
                duration_ms double precision NOT NULL
            )
            """)
    }

    private func run(_ migration: Migration, _ db: Session) throws(PostgresError) {
        let start = ContinuousClock.now
        guard migration.runsInTransaction(program: program) else {
            // It may have run and not been recorded; its author makes it repeatable (IF NOT EXISTS).
            try db.execute(SQL(unchecked: migration.sql))
            try record(migration, since: start, db)
            return
        }
        try db.executeScript("BEGIN")
        do throws(PostgresError) {
            try db.executeScript(SQL(unchecked: migration.sql))
            try record(migration, since: start, db)
            try db.executeScript("COMMIT")
        } catch {
            // When this fails too, the connection is closed, which rolls back as well.
            try? db.executeScript("ROLLBACK")
            throw error
        }
    }

    private func record(_ migration: Migration, since start: ContinuousClock.Instant, _ db: Session) throws(PostgresError) {
        let duration = start.duration(to: .now) / .milliseconds(1)
        try db.execute(
            """
            INSERT INTO \(fragment: table) (version, name, sha256, duration_ms)
            VALUES (\(migration.version), \(migration.name), \(migration.sha256), \(duration))
            """)
    }
}
