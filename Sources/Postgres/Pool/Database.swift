public import Logging
public import ServiceLifecycle

/// A PostgreSQL database: a pool of connections that runs units of work.
///
/// A unit is a synchronous closure, so that nothing but SQL can happen while a transaction is open. The closure may run more than once
/// (see ``TransactionOptions/maximumAttempts``): it should only compute and use its session.
///
/// It works without `run()`; `run()` closes idle connections and, at graceful shutdown, drains the pool.
public final class Database: Sendable, Service {
    private let configuration: DatabaseConfiguration
    private let logger: Logger
    let pool: ConnectionPool

    public init(configuration: DatabaseConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        pool = ConnectionPool(configuration: configuration, logger: logger)
    }

    /// How many connections were begun so far. While it stays the same, every unit of work has met a server that was met before.
    public var connectionsMade: Int { pool.madeCount }

    /// A pool of its own to the same database, so that what needs a connection there does not wait behind what waits here.
    public func sibling(poolSize: Int) -> Database {
        var configuration = configuration
        configuration.poolSize = poolSize
        return Database(configuration: configuration, logger: logger)
    }

    /// Reads from one snapshot (repeatable read, read only).
    ///
    /// - Throws: ``PostgresError``, `CancellationError`, or what the body throws.
    public func read<R: Sendable>(
        _ name: StaticString, timeout: Duration = .seconds(15), _ body: @Sendable (Session) throws -> R
    ) async throws -> R {
        try await transaction(name, TransactionOptions(isolation: .repeatableRead, isReadOnly: true, timeout: timeout), body)
    }

    /// Writes (read committed). When this returns, the change is on the server's disk.
    ///
    /// - Throws: ``PostgresError``, `CancellationError`, or what the body throws. After every error but `commitInDoubt` nothing was
    ///   changed.
    @discardableResult
    public func write<R: Sendable>(
        _ name: StaticString, timeout: Duration = .seconds(15), _ body: @Sendable (Session) throws -> R
    ) async throws -> R {
        try await transaction(name, TransactionOptions(timeout: timeout), body)
    }

    @discardableResult
    public func transaction<R: Sendable>(
        _ name: StaticString, _ options: TransactionOptions, _ body: @Sendable (Session) throws -> R
    ) async throws -> R {
        var attempt = 1
        while true {
            let finished = try await perform(name, options.timeout) { connection, unit in
                await connection.transaction(unit, options, body)
            }
            guard finished.mustRetry, attempt < options.maximumAttempts else { return try Self.unwrap(finished.result) }
            // The rivals must not meet again at the same moment.
            try await Task.sleep(for: .milliseconds(Int.random(in: 1...(20 << attempt))))
            attempt += 1
        }
    }

    /// For what cannot run in a transaction: CREATE INDEX CONCURRENTLY, VACUUM. The body may open transactions of its own. Settings and
    /// locks of the session end with it.
    @discardableResult
    public func withoutTransaction<R: Sendable>(
        _ name: StaticString, timeout: Duration = .seconds(15), _ body: @Sendable (Session) throws -> R
    ) async throws -> R {
        let finished = try await perform(name, timeout) { connection, unit in
            await connection.withoutTransaction(unit, timeout, body)
        }
        return try Self.unwrap(finished.result)
    }

    public func run() async throws {
        // Cancelled at graceful shutdown.
        try? await cancelWhenGracefulShutdown { [self] in
            while true {
                try await Task.sleep(for: configuration.idleTimeout / 4)
                pool.reap()
            }
        }
        await shutDown()
    }

    /// Refuses new work and returns when all running work has ended and every connection is closed.
    public func shutDown() async {
        await pool.shutDown()
    }

    private func perform<R: Sendable>(
        _ name: StaticString, _ timeout: Duration, _ work: (Connection, Wire.Unit) async -> Connection.Finished<R>
    ) async throws -> Connection.Finished<R> {
        let loan: ConnectionPool.Loan
        do {
            loan = try await pool.acquire(statement: name)
        } catch let error as PostgresError where error.code == .cancelled {
            throw CancellationError()
        }
        if loan.delay > .zero {
            do {
                try await Task.sleep(for: loan.delay)
            } catch {
                pool.release(loan, .broken)
                throw error
            }
        }
        let cancellation = Cancellation()
        let unit = Wire.Unit(name: name, deadline: .now + timeout, grace: configuration.grace, cancellation: cancellation)
        let finished = await withTaskCancellationHandler {
            await work(loan.connection, unit)
        } onCancel: {
            cancellation.request()
        }
        pool.release(loan, finished.fate)
        return finished
    }

    private static func unwrap<R>(_ result: Result<R, any Error>) throws -> R {
        do {
            return try result.get()
        } catch let error as PostgresError where error.code == .cancelled {
            throw CancellationError()
        }
    }
}
