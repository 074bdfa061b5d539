import Foundation
import Logging
import Synchronization
import Testing

@testable import Postgres

@Suite struct SessionTests {
    private let server = ServerUnderTest.shared

    @Test("a connection has the settings that decoding and durability rely on, whatever PG* variables say")
    func settings() async throws {
        let database = try await server.database { $0.schema = "odd \"name\\' ü" }
        let shown = try await database.read("test.settings") { db in
            try db.one(
                """
                SELECT current_setting('TimeZone'), current_setting('DateStyle'), current_setting('synchronous_commit'),
                       current_setting('client_encoding'), current_setting('lock_timeout'), current_setting('statement_timeout'),
                       current_schema()
                """, as: (String.self, String.self, String.self, String.self, String.self, String.self, String?.self))
        }
        #expect([shown.0, shown.1, shown.2, shown.3, shown.4, shown.5] == ["UTC", "ISO, MDY", "on", "UTF8", "5s", "15s"])
        #expect(shown.6 == "odd \"name\\' ü")
        try await database.write("test.settings") { db in try db.executeScript(SQL(unchecked: "DROP SCHEMA \"odd \"\"name\\' ü\"")) }
    }

    @Test("a commit waits for the disk also as a role whose sessions do not")
    func careless() async throws {
        let role = "careless_" + UUID().uuidString.lowercased().replacing("-", with: "")
        let owner = try await server.database()
        try await owner.write("test.role") { db in
            try db.executeScript(SQL(unchecked: "CREATE ROLE \(role) LOGIN SUPERUSER; ALTER ROLE \(role) SET synchronous_commit = off"))
        }
        let database = try await server.database { $0.user = role }
        #expect(try await database.write("test.commit") { db in try db.one("SHOW synchronous_commit", as: String.self) } == "on")
    }

    @Test("one wants exactly one row, and first at most one")
    func rowCounts() async throws {
        let database = try await server.database()
        try await database.read("test.count") { db in
            let (none, one) = (try db.first("SELECT 1 WHERE false", as: Int.self), try db.first("SELECT 1", as: Int.self))
            let three = try db.rows("SELECT generate_series(1, 3)", as: Int.self)
            #expect(none == nil && one == 1 && three == [1, 2, 3])
            for count in [0, 2] {
                let error = #expect(throws: PostgresError.self) { try db.one("SELECT generate_series(1, \(count))", as: Int.self) }
                #expect(error?.code == .unexpectedRowCount)
            }
            #expect(throws: PostgresError.self) { try db.first("SELECT generate_series(1, 2)", as: Int.self) }
            let error = #expect(throws: PostgresError.self) { try db.one("SELECT 1, 2", as: Int.self) }
            #expect(error?.code == .decoding)
        }
    }

    @Test("execute tells how many rows were touched, and the empty statement is an error that leaves the connection sound")
    func execute() async throws {
        let database = try await server.database { $0.poolSize = 1 }
        try await database.write("test.execute") { db in
            try db.execute("CREATE TABLE t (id integer)")
            #expect(try db.execute("INSERT INTO t SELECT generate_series(1, 5)") == 5)
            #expect(try db.execute("UPDATE t SET id = id WHERE id > \(3)") == 2)
            #expect(throws: PostgresError.self) { try db.execute("COPY t TO STDOUT") }
        } expecting: { $0.code == .misuse }
        #expect(try await database.read("test.execute") { db in try db.one("SELECT 1", as: Int.self) } == 1)
    }

    @Test("a read cannot write")
    func readOnly() async throws {
        let database = try await server.database()
        let error = await #expect(throws: PostgresError.self) {
            try await database.read("test.read") { db in try db.execute("CREATE TABLE t (id integer)") }
        }
        #expect(error?.sqlState?.rawValue == "25006")
    }

    @Test("a unique violation names its constraint and shows no value outside of fullDescription")
    func noValuesInDescription() async throws {
        let database = try await server.database()
        let error = await #expect(throws: PostgresError.self) {
            try await database.write("test.unique") { db in
                try db.execute("CREATE TABLE t (id text CONSTRAINT only_once PRIMARY KEY)")
                for _ in 0..<2 { try db.execute("INSERT INTO t VALUES (\("sekret"))") }
            }
        }
        #expect(error?.sqlState == .uniqueViolation && error?.constraint == "only_once" && error?.code == .server)
        #expect(error?.description.contains("sekret") == false && error?.description.hasPrefix("test.unique: ") == true)
        #expect("\(error as Any) \(String(reflecting: error))".contains("sekret") == false)
        #expect(error?.fullDescription.contains("sekret") == true)
        let syntax = await #expect(throws: PostgresError.self) {
            try await database.write("test.syntax") { db in try db.one("SELECT \("sek\"ret")::integer", as: Int.self) }
        }
        #expect(syntax?.sqlState?.rawValue == "22P02" && syntax?.description.contains("ret") == false)
    }

    @Test("a savepoint undoes its own part and the transaction goes on")
    func savepoints() async throws {
        struct Own: Error {}
        let database = try await server.database()
        let ids = try await database.write("test.savepoint") { db in
            try db.execute("CREATE TABLE t (id integer PRIMARY KEY)")
            try db.execute("INSERT INTO t VALUES (1)")
            #expect(throws: PostgresError.self) {
                try db.savepoint {
                    try db.execute("INSERT INTO t VALUES (2)")
                    try db.execute("INSERT INTO t VALUES (1)")
                }
            }
            #expect(throws: Own.self) {
                try db.savepoint {
                    try db.savepoint { try db.execute("INSERT INTO t VALUES (3)") }
                    throw Own()
                }
            }
            try db.savepoint { try db.execute("INSERT INTO t VALUES (4)") }
            return try db.rows("SELECT id FROM t ORDER BY id", as: Int.self)
        }
        #expect(ids == [1, 4])
    }

    @Test("rows can be read one at a time, an error in between leaves the connection sound")
    func streaming() async throws {
        struct Own: Error {}
        let database = try await server.database { $0.poolSize = 1 }
        try await database.read("test.stream") { db in
            var sum = 0
            try db.forEachRow("SELECT generate_series(1, 10000) AS n") { row in sum += try row.read("n", as: Int.self) }
            #expect(sum == 50_005_000)
            var seen = 0
            #expect(throws: Own.self) {
                try db.forEachRow("SELECT generate_series(1, 10000) AS n") { _ in
                    seen += 1
                    if seen == 3 { throw Own() }
                }
            }
            #expect(seen == 3)
            #expect(try db.one("SELECT 7", as: Int.self) == 7)
            let error = #expect(throws: PostgresError.self) {
                try db.forEachRow("SELECT 1 / (3 - n) AS q FROM generate_series(1, 10) AS n") { _ in }
            }
            #expect(error?.sqlState?.rawValue == "22012")
        } expecting: { $0.sqlState?.rawValue == "22012" }
        #expect(database.pool.openCount == 1)
    }

    @Test("using the session inside of forEachRow is refused")
    func nestedUse() async throws {
        let database = try await server.database { $0.poolSize = 1 }
        let error = await #expect(throws: PostgresError.self) {
            try await database.read("test.nested") { db in
                try db.forEachRow("SELECT generate_series(1, 10000)") { _ in try db.execute("SELECT 1") }
            }
        }
        #expect(error?.code == .misuse)
        #expect(try await database.read("test.nested") { db in try db.one("SELECT 1", as: Int.self) } == 1)
    }

    @Test("an advisory lock keeps others out until the transaction ends")
    func advisoryLock() async throws {
        let database = try await server.database { $0.lockTimeout = .milliseconds(50) }
        let key = AdvisoryLock(key: .random(in: .min ... .max))
        try await database.write("test.lock") { db in
            try db.lock(key)
            let other = try db.one("SELECT pg_backend_pid()", as: Int.self)
            #expect(other > 0)
        }
        let holder = Task {
            // Until it is cancelled, however long the others take.
            try await database.write("test.hold", timeout: .seconds(600)) { db in
                try db.lock(key)
                try db.execute("SELECT pg_sleep(600)")
            }
        }
        let held: SQL =
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = \(key.key)"
        try await until("the lock is held") {
            try await database.read("test.look") { db in try db.one(held, as: Int.self) } == 1
        }
        let error = await #expect(throws: PostgresError.self) { try await database.write("test.wait") { db in try db.lock(key) } }
        #expect(error?.sqlState == .lockNotAvailable)
        holder.cancel()
        await #expect(throws: CancellationError.self) { try await holder.value }
        try await database.write("test.free") { db in try db.lock(key) }
    }

    @Test("notices go to the log")
    func notices() async throws {
        let messages = Mutex<[String]>([])
        struct Handler: LogHandler {
            let sink: @Sendable (String) -> Void
            var metadata: Logger.Metadata = [:]
            var logLevel = Logger.Level.trace
            subscript(metadataKey key: String) -> Logger.Metadata.Value? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }
            func log(event: LogEvent) {
                sink("\(event.message) \(event.metadata?["db.message"] ?? "")")
            }
        }
        let logger = Logger(label: "test") { _ in Handler(sink: { message in messages.withLock { $0.append(message) } }) }
        let database = Database(configuration: server.configuration(), logger: logger)
        _ = try await server.database()
        try await database.write("test.notice") { db in
            try db.executeScript("DO $$ BEGIN RAISE WARNING 'mind the gap'; END $$")
        }
        #expect(messages.withLock { $0 }.contains { $0.contains("mind the gap") })
    }

    @Test("settings and open transactions of a session without a transaction do not reach its next user")
    func withoutTransaction() async throws {
        let database = try await server.database { $0.poolSize = 1 }
        try await database.withoutTransaction("test.vacuum") { db in
            try db.execute("CREATE TABLE t (id integer)")
            try db.execute("VACUUM t")
            try db.executeScript("SET work_mem = '77MB'")
            try db.execute("SELECT pg_advisory_lock(4711, 4711)")
        }
        #expect(try await database.read("test.after") { db in try db.one("SELECT current_setting('work_mem')", as: String.self) } != "77MB")
        try await database.withoutTransaction("test.open") { db in
            try db.executeScript("BEGIN; INSERT INTO t VALUES (1)")
        }
        #expect(try await database.read("test.after") { db in try db.one("SELECT count(*) FROM t", as: Int.self) } == 0)
        let locks = try await database.read("test.after") { db in
            try db.one("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 4711", as: Int.self)
        }
        #expect(locks == 0)
    }
}

extension Database {
    /// A write whose error is expected.
    fileprivate func write(
        _ name: StaticString, _ body: @Sendable (Session) throws -> Void, expecting isExpected: (PostgresError) -> Bool
    ) async throws {
        do {
            try await write(name, body)
            Issue.record("nothing was thrown")
        } catch let error as PostgresError where isExpected(error) {}
    }

    fileprivate func read(
        _ name: StaticString, _ body: @Sendable (Session) throws -> Void, expecting isExpected: (PostgresError) -> Bool
    ) async throws {
        do {
            try await read(name, body)
            Issue.record("nothing was thrown")
        } catch let error as PostgresError where isExpected(error) {}
    }
}
