import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import Postgres

#if canImport(Glibc)
    import Glibc
#endif

/// Timeouts, cancellation, and what is left behind.
@Suite struct DeadlineTests {
    private let server = ServerUnderTest.shared

    @Test("the server ends a statement that takes too long, and the connection is kept")
    func statementTimeout() async throws {
        let database = try await server.database { configuration in
            configuration.poolSize = 1
            configuration.grace = .seconds(600)
        }
        let error = await #expect(throws: PostgresError.self) {
            try await database.read("test.slow", timeout: .seconds(1)) { db in try db.execute("SELECT pg_sleep(600)") }
        }
        #expect(error?.code == .deadlineExceeded && error?.sqlState == .queryCanceled)
        #expect(database.pool.openCount == 1)
    }

    @Test("no statement is sent after the deadline, although each alone is short")
    func wholeUnit() async throws {
        let database = try await server.database { $0.poolSize = 1 }
        let error = await #expect(throws: PostgresError.self) {
            try await database.write("test.long", timeout: .milliseconds(300)) { db in
                while true { try db.execute("SELECT pg_sleep(0.01)") }
            }
        }
        #expect(error?.code == .deadlineExceeded && error?.sqlState == nil)
        #expect(database.pool.openCount == 1)
    }

    @Test("a server that falls silent is given up at the deadline, and its connection is closed")
    func silentServer() async throws {
        let proxy = CuttingProxy(server: server)
        defer { proxy.close() }
        let database = try await server.database { configuration in
            configuration.endpoint = .loopback(port: proxy.port)
            configuration.grace = .milliseconds(50)
        }
        let error = await #expect(throws: PostgresError.self) {
            try await database.write("test.silent", timeout: .milliseconds(200)) { db in
                try db.execute("SELECT 1")
                proxy.set(.stall)
                try db.execute("SELECT 2")
            }
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(database.pool.openCount == 0)
    }

    @Test("a server that does not answer a new connection is given up at the connect timeout")
    func silentConnect() async throws {
        let proxy = CuttingProxy(server: server)
        defer { proxy.close() }
        proxy.set(.stall)
        var configuration = server.configuration()
        configuration.endpoint = .loopback(port: proxy.port)
        configuration.connectTimeout = .milliseconds(100)
        let database = Database(configuration: configuration, logger: Logger(label: "test"))
        let error = await #expect(throws: PostgresError.self) { try await database.read("test.connect") { _ in } }
        #expect(error?.code == .connectionFailed)
    }

    @Test("a server that is not there is reported by a sentence")
    func noServer() async throws {
        var configuration = server.configuration()
        configuration.endpoint = .unixSocket(folder: "/nonexistent")
        let database = Database(configuration: configuration, logger: Logger(label: "test"))
        let error = await #expect(throws: PostgresError.self) { try await database.read("test.connect") { _ in } }
        #expect(error?.code == .connectionFailed && error?.description.contains("/nonexistent") == true)
    }

    @Test("waiting for a connection ends by the pool's timeout")
    func poolTimeout() async throws {
        let database = try await server.database { configuration in
            configuration.poolSize = 1
            configuration.poolTimeout = .milliseconds(50)
        }
        let holder = Task { try await database.read("test.hold") { db in try db.execute("SELECT pg_sleep(60)") } }
        try await until("the connection is lent") { database.pool.lentCount == 1 }
        let error = await #expect(throws: PostgresError.self) { try await database.read("test.wait") { _ in } }
        #expect(error?.code == .poolTimedOut && error?.description.hasPrefix("test.wait: ") == true)
        holder.cancel()
        _ = await holder.result
    }

    @Test("shutting down refuses new work, lets running work end and closes every connection")
    func shutDown() async throws {
        let database = try await server.database { $0.poolSize = 2 }
        let mayEnd = Mutex(false)
        let worker = Task {
            try await database.read("test.work", timeout: .seconds(60)) { db in
                while !mayEnd.withLock({ $0 }) { try db.execute("SELECT pg_sleep(0.001)") }
                return 1
            }
        }
        try await until("the work runs") { database.pool.lentCount == 1 }
        async let isDown: Void = database.shutDown()
        try await until("new work is refused") {
            do {
                try await database.read("test.late") { _ in }
                return false
            } catch let error as PostgresError where error.code == .poolClosed {
                return true
            }
        }
        #expect(database.pool.openCount == 1)
        mayEnd.withLock { $0 = true }
        await isDown
        #expect(try await worker.value == 1)
        #expect(database.pool.openCount == 0)
    }

    @Test("a task that was cancelled before it began runs nothing")
    func cancelledBefore() async throws {
        let database = try await server.database()
        let attempts = Attempts()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await database.write("test.never") { _ in attempts.next() }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(attempts.count == 0)
    }

    @Test("a cancellation between two statements stops the transaction, and nothing is committed")
    func cancelledBetween() async throws {
        let database = try await server.database { $0.poolSize = 1 }
        try await database.write("test.setup") { db in try db.execute("CREATE TABLE t (id integer)") }
        let task = Task {
            try await database.write("test.between") { db in
                try db.execute("INSERT INTO t VALUES (1)")
                withUnsafeCurrentTask { $0?.cancel() }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(database.pool.openCount == 0)
        #expect(try await database.read("test.count") { db in try db.one("SELECT count(*) FROM t", as: Int.self) } == 0)
    }

    @Test("a commit that the cancellation came too late for is a success, and its connection is closed")
    func cancelledTooLate() async throws {
        let proxy = CuttingProxy(server: server)
        defer { proxy.close() }
        let database = try await server.database { $0.endpoint = .loopback(port: proxy.port) }
        let task = Mutex<Task<Int, any Error>?>(nil)
        proxy.set(.meanwhile("COMMIT\0") { task.withLock { $0?.cancel() } })
        task.withLock { task in
            task = Task { try await database.write("test.late") { db in try db.one("SELECT 3", as: Int.self) } }
        }
        #expect(try await task.withLock { $0 }?.value == 3)
        #expect(database.pool.openCount == 0)
    }

    @Test("run ends at graceful shutdown, with the pool drained")
    func service() async throws {
        let database = try await server.database()
        let group = ServiceGroup(services: [database], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await group.run() }
        try await database.read("test.work") { _ in }
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(database.pool.openCount == 0)
    }

    @Test("ten cancelled queries, six running and four waiting, and a thousand leases leave no connection and no descriptor behind")
    func nothingLeaks() async throws {
        // In a process of its own, where no other test opens or closes descriptors.
        await #expect(processExitsWith: .success) {
            let server = ServerUnderTest.shared
            let watcher = try await server.database { $0.poolSize = 1 }
            let name = "leak \(UUID().uuidString)"
            let backends = "SELECT count(*) FROM pg_stat_activity WHERE application_name = \(name)" as SQL
            func openDescriptors() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
            // The first round also opens what the process keeps for good, such as Dispatch's timers.
            var afterFirstRound = Int.max
            for round in 1...2 {
                let database = try await server.database { configuration in
                    configuration.poolSize = 6
                    configuration.applicationName = name
                }
                let tasks = (0..<10).map { _ in
                    Task { try await database.read("test.sleep") { db in try db.execute("SELECT pg_sleep(600)") } }
                }
                try await until("six run and four wait") {
                    try await watcher.read("test.look") { db in
                        try db.one("\(fragment: backends) AND state = 'active'", as: Int.self)
                    } == 6
                }
                for task in tasks { task.cancel() }
                for task in tasks { await #expect(throws: CancellationError.self) { _ = try await task.value } }
                #expect(database.pool.openCount == 0)
                for _ in 0..<1000 { try await database.read("test.lease") { _ in } }
                #expect(database.pool.openCount == 1)
                await database.shutDown()
                try await until("the server has no connection of ours") {
                    try await watcher.read("test.look") { db in try db.one(backends, as: Int.self) } == 0
                }
                if round == 1 { afterFirstRound = try openDescriptors() }
            }
            // The socket of a request to cancel is closed by the queue that made it, a moment later.
            try await until("no descriptor is left") { try openDescriptors() <= afterFirstRound }
        }
    }
}
