import Foundation
import Logging
import Testing

@testable import Postgres

@Suite struct MigratorTests {
    private let server = ServerUnderTest.shared
    private let first = Migration(version: 1, name: "first", sql: "CREATE TABLE a (id integer);\nCREATE TABLE b (id integer);\n")
    /// It waits for every transaction in the database, and other tests have some there, so that it is given time: ``patience``.
    private let second = Migration(version: 2, name: "index", sql: "-- demo: no-transaction\nCREATE INDEX CONCURRENTLY a_id ON a (id);\n")
    private let third = Migration(version: 3, name: "third", sql: "INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)")

    private let patience = Duration.seconds(120)

    private func migrator(_ schema: String, _ migrations: [Migration]) -> Migrator {
        Migrator(
            database: Database(configuration: server.configuration(schema: schema), logger: Logger(label: "test")),
            schema: schema, program: "demo", migrations: migrations)
    }

    private func newSchema() async throws -> String {
        _ = try await server.database()
        return "Migrated \"\(UUID().uuidString)"
    }

    private func count(_ sql: SQL, _ schema: String) async throws -> Int {
        try await Database(configuration: server.configuration(schema: schema), logger: Logger(label: "test"))
            .read("test.count") { db in try db.one(sql, as: Int.self) }
    }

    @Test("an empty database gets its schema and every migration once, one of them outside of a transaction")
    func fromNothing() async throws {
        let schema = try await newSchema()
        let pending = await #expect(throws: MigrationError.self) { try await migrator(schema, [first, second]).check() }
        #expect(pending?.reason == .pending([1, 2]))
        #expect(try await migrator(schema, [first]).apply() == [1])
        #expect(try await migrator(schema, [first, second, third]).apply(lockTimeout: patience) == [2, 3])
        #expect(try await migrator(schema, [first, second, third]).apply(lockTimeout: patience) == [])
        try await migrator(schema, [first, second, third]).check()
        #expect(try await count("SELECT count(*) FROM a", schema) == 2)
        #expect(try await count("SELECT count(*) FROM schema_migration WHERE sha256 ~ '^[0-9a-f]{64}$' AND duration_ms > 0", schema) == 3)
        #expect(try await count("SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema() AND indexname = 'a_id'", schema) == 1)
    }

    @Test("a migration that fails is undone as a whole, and those before it stay")
    func failure() async throws {
        let schema = try await newSchema()
        let bad = Migration(version: 2, name: "bad", sql: "INSERT INTO a VALUES (1); SELECT 1 / 0; INSERT INTO a VALUES (2)")
        let error = await #expect(throws: MigrationError.self) { try await migrator(schema, [first, bad, third]).apply() }
        guard case .failed(version: 2, name: "bad", _) = error?.reason else {
            Issue.record("\(error as Any)")
            return
        }
        #expect(error?.description.contains("division by zero") == true)
        #expect(try await count("SELECT count(*) FROM a", schema) == 0)
        #expect(try await count("SELECT count(*) FROM schema_migration", schema) == 1)
    }

    @Test("what a migration did is undone where it cannot be written down that it ran")
    func unrecorded() async throws {
        let schema = try await newSchema()
        let greedy = Migration(
            version: 2, name: "greedy",
            sql: """
                INSERT INTO a VALUES (1);
                INSERT INTO schema_migration (version, name, sha256, duration_ms) VALUES (2, 'mine', repeat('0', 64), 1)
                """)
        await #expect(throws: MigrationError.self) { try await migrator(schema, [first, greedy]).apply() }
        #expect(try await count("SELECT count(*) FROM a", schema) == 0)
        #expect(try await count("SELECT count(*) FROM schema_migration", schema) == 1)
    }

    @Test("two programs that start at once apply every migration once")
    func atOnce() async throws {
        let schema = try await newSchema()
        let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<4 { group.addTask { try await migrator(schema, [first, third]).apply() } }
            return try await group.reduce([], +)
        }
        #expect(applied.sorted() == [1, 3])
        #expect(try await count("SELECT count(*) FROM a", schema) == 2)
    }

    @Test("a database of a newer program is refused with what to do, by check and by apply")
    func newerSchema() async throws {
        let schema = try await newSchema()
        _ = try await migrator(schema, [first, second, third]).apply(lockTimeout: patience)
        for attempt in [{ try await migrator(schema, [first]).check() }, { _ = try await migrator(schema, [first]).apply() }] {
            let error = await #expect(throws: MigrationError.self) { try await attempt() }
            #expect(
                error?.description
                    == "The database has schema version 3, made by a newer demo; this one knows up to 1. "
                    + "Upgrade demo, or use another state folder or database.")
        }
    }

    @Test("a migration whose text changed after it was applied is refused")
    func changed() async throws {
        let schema = try await newSchema()
        _ = try await migrator(schema, [first]).apply()
        let edited = Migration(version: 1, name: "first", sql: first.sql + " ")
        let error = await #expect(throws: MigrationError.self) { try await migrator(schema, [edited, third]).apply() }
        #expect(error?.reason == .changed(version: 1, name: "first"))
        #expect(try await count("SELECT count(*) FROM a", schema) == 0)
    }

    @Test("the plan refuses every list that does not fit the database", arguments: [
        ([1, 2], [], [1, 2], nil),
        ([1, 2], [1], [2], nil),
        ([1, 2], [1, 2], [], nil),
        ([], [], [], nil),
        ([1], [1, 2], [], MigrationError.Reason.newerSchema(database: 2, known: 1)),
        ([], [1], [], .newerSchema(database: 1, known: 0)),
        ([1, 3], [1, 2], [], .unknownVersion(2)),
        ([1, 2, 3], [1, 3], [], .skipped(version: 2, name: "m2")),
        ([2, 1], [], [], .badList(version: 1)),
        ([1, 1], [], [], .badList(version: 1)),
        ([0], [], [], .badList(version: 0)),
    ] as [([Int], [Int], [Int], MigrationError.Reason?)])
    func plan(known: [Int], applied: [Int], pending: [Int], reason: MigrationError.Reason?) {
        let migrations = known.map { Migration(version: $0, name: "m\($0)", sql: "SELECT \($0)") }
        let rows = applied.map { version in
            AppliedMigration(
                version: version, name: "m\(version)", sha256: Migration(version: version, name: "", sql: "SELECT \(version)").sha256)
        }
        do {
            #expect(try MigrationPlan(known: migrations, applied: rows).pending.map(\.version) == pending)
            #expect(reason == nil)
        } catch {
            #expect(error.reason == reason)
        }
    }

    @Test("the checksum is SHA-256 of the text")
    func checksum() {
        // printf abc | sha256sum
        #expect(Migration(version: 1, name: "", sql: "abc").sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
