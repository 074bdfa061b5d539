import Foundation
import Logging
import Synchronization
import Testing

@testable import Postgres

@Suite struct TransactionTests {
    private let server = ServerUnderTest.shared

    @Test("a transaction that loses against others is run again, and no increment is lost")
    func serializableIncrements() async throws {
        let database = try await server.database()
        try await database.write("test.setup") { db in try db.executeScript("CREATE TABLE c (n integer); INSERT INTO c VALUES (0)") }
        let attempts = Attempts()
        try await withThrowingTaskGroup { group in
            for _ in 0..<12 {
                group.addTask {
                    let options = TransactionOptions(isolation: .serializable, maximumAttempts: 50)
                    try await database.transaction("test.increment", options) { db in
                        attempts.next()
                        let n = try db.one("SELECT n FROM c", as: Int.self)
                        try db.execute("UPDATE c SET n = \(n + 1)")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await database.read("test.sum") { db in try db.one("SELECT n FROM c", as: Int.self) } == 12)
    }

    private static func fail(_ state: String) -> SQL {
        SQL(unchecked: "DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '\(state)'; END $$")
    }

    @Test("a serialization failure and a deadlock are tried three times, everything else once", arguments: [
        ("40001", 3), ("40P01", 3), ("23505", 1), ("55P03", 1), ("40002", 1),
    ])
    func attempts(state: String, expected: Int) async throws {
        let database = try await server.database()
        let attempts = Attempts()
        let error = await #expect(throws: PostgresError.self) {
            try await database.write("test.retry") { db in
                attempts.next()
                try db.executeScript(Self.fail(state))
            }
        }
        #expect(attempts.count == expected && error?.sqlState?.rawValue == state)
    }

    @Test("the third attempt may succeed, and what the first two did is undone")
    func thirdAttempt() async throws {
        struct Own: Error {}
        let database = try await server.database()
        try await database.write("test.setup") { db in try db.execute("CREATE TABLE t (id integer)") }
        let attempts = Attempts()
        try await database.write("test.retry") { db in
            try db.execute("INSERT INTO t VALUES (1)")
            guard attempts.next() < 3 else { return }
            // The caller's own error does not hide that the server asked for another attempt.
            do { try db.executeScript(Self.fail("40001")) } catch { throw Own() }
        }
        #expect(try await database.read("test.count") { db in try db.one("SELECT count(*) FROM t", as: Int.self) } == 1)
        #expect(attempts.count == 3)
    }

    @Test("a closure's own error rolls back and is passed on")
    func ownError() async throws {
        struct Own: Error {}
        let database = try await server.database { $0.poolSize = 1 }
        try await database.write("test.setup") { db in try db.execute("CREATE TABLE t (id integer)") }
        await #expect(throws: Own.self) {
            try await database.write("test.own") { db in
                try db.execute("INSERT INTO t VALUES (1)")
                throw Own()
            }
        }
        #expect(try await database.read("test.count") { db in try db.one("SELECT count(*) FROM t", as: Int.self) } == 0)
        #expect(database.pool.openCount == 1)
    }

    @Test("a swallowed error does not turn a rolled-back transaction into a success")
    func swallowedError() async throws {
        let database = try await server.database()
        let error = await #expect(throws: PostgresError.self) {
            try await database.write("test.swallow") { db in
                try db.execute("CREATE TABLE t (id integer)")
                _ = try? db.execute("SELECT 1 / 0")
            }
        }
        #expect(error?.sqlState?.rawValue == "22012")
    }

    @Test("COMMIT and ROLLBACK inside the closure are an error", arguments: ["COMMIT", "ROLLBACK"] as [SQL])
    func endedInside(statement: SQL) async throws {
        let database = try await server.database()
        let error = await #expect(throws: PostgresError.self) {
            try await database.write("test.end") { db in try db.executeScript(statement) }
        }
        #expect(error?.code == .misuse)
        #expect(try await database.read("test.after") { db in try db.one("SELECT 1", as: Int.self) } == 1)
    }

    @Test("a constraint that is checked at COMMIT fails for certain, not in doubt")
    func deferredConstraint() async throws {
        let database = try await server.database()
        let error = await #expect(throws: PostgresError.self) {
            try await database.write("test.deferred") { db in
                try db.executeScript(
                    """
                    CREATE TABLE t (id integer PRIMARY KEY, other integer REFERENCES t DEFERRABLE INITIALLY DEFERRED);
                    INSERT INTO t VALUES (1, 2)
                    """)
            }
        }
        #expect(error?.sqlState == .foreignKeyViolation && error?.code == .server)
    }

    // MARK: Lost connections

    @Test("idle connections that the server closed are replaced, and nobody notices, even when the new one dies on BEGIN")
    func deadIdleConnection() async throws {
        let proxy = CuttingProxy(server: server)
        defer { proxy.close() }
        let database = try await server.database { configuration in
            configuration.endpoint = .loopback(port: proxy.port)
            configuration.poolSize = 1
        }
        let pid = try await database.read("test.pid") { db in try db.one("SELECT pg_backend_pid()", as: Int.self) }
        let other = try await server.database()
        _ = try await other.read("test.kill") { db in try db.one("SELECT pg_terminate_backend(\(pid))", as: Bool.self) }
        try await until("the proxy closed the connection") { proxy.closedByServerCount == 1 }
        proxy.set(.cutBefore("BEGIN", times: 1))
        let next = try await database.read("test.next") { db in try db.one("SELECT pg_backend_pid()", as: Int.self) }
        #expect(next != pid)
        #expect(proxy.acceptedCount == 3 && database.connectionsMade == 3)
    }

    @Test("a connection lost on BEGIN is replaced once; lost again, it is reported")
    func lostOnBegin() async throws {
        let proxy = CuttingProxy(server: server)
        defer { proxy.close() }
        let database = try await server.database { $0.endpoint = .loopback(port: proxy.port) }
        let attempts = Attempts()
        proxy.set(.cutBefore("BEGIN", times: 1))
        try await database.write("test.begin") { _ in attempts.next() }
        #expect(attempts.count == 1)
        proxy.set(.cutBefore("BEGIN", times: 2))
        let error = await #expect(throws: PostgresError.self) { try await database.write("test.begin") { _ in attempts.next() } }
        #expect(error?.code == .connectionLost)
        #expect(attempts.count == 1)
        proxy.set(nil)
        try await database.write("test.begin") { _ in attempts.next() }
        #expect(attempts.count == 2)
    }

    @Test("a connection lost in the middle is reported with the server's reason and not tried again")
    func lostInTheMiddle() async throws {
        let database = try await server.database { $0.poolSize = 1 }
        let attempts = Attempts()
        let error = await #expect(throws: PostgresError.self) {
            try await database.write("test.middle") { db in
                attempts.next()
                try db.execute("CREATE TABLE t (id integer)")
                try db.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            }
        }
        #expect(error?.code == .connectionLost && error?.sqlState?.rawValue == "57P01")
        #expect(attempts.count == 1)
        #expect(try await database.read("test.after") { db in try db.one("SELECT to_regclass('t') IS NULL", as: Bool.self) })
    }

    @Test("a connection lost on COMMIT is in doubt, whether the server committed or not, and is not tried again", arguments: [true, false])
    func commitInDoubt(reachesServer: Bool) async throws {
        let proxy = CuttingProxy(server: server)
        defer { proxy.close() }
        let schema = "test_" + UUID().uuidString.lowercased()
        let direct = try await server.database { $0.schema = schema }
        let database = try await server.database { configuration in
            configuration.endpoint = .loopback(port: proxy.port)
            configuration.schema = schema
        }
        try await direct.write("test.setup") { db in try db.execute("CREATE TABLE t (id integer)") }
        proxy.set(reachesServer ? .cutAfter("COMMIT\0") : .cutBefore("COMMIT\0", times: 1))
        let attempts = Attempts()
        let error = await #expect(throws: PostgresError.self) {
            try await database.write("test.doubt") { db in
                attempts.next()
                try db.execute("INSERT INTO t VALUES (1)")
            }
        }
        #expect(error?.code == .commitInDoubt && attempts.count == 1)
        let expected = reachesServer ? 1 : 0
        try await until("the server has made up its mind") {
            try await direct.read("test.count") { db in try db.one("SELECT count(*) FROM t", as: Int.self) } == expected
        }
    }

    @Test("a read whose COMMIT is lost still has its value")
    func readSurvivesCommit() async throws {
        let proxy = CuttingProxy(server: server)
        defer { proxy.close() }
        let database = try await server.database { $0.endpoint = .loopback(port: proxy.port) }
        proxy.set(.cutBefore("COMMIT\0", times: 1))
        #expect(try await database.read("test.read") { db in try db.one("SELECT 5", as: Int.self) } == 5)
    }
}
