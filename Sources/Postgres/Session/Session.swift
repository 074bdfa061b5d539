import CLibPQ

/// A connection inside one unit of work. It is valid only inside the closure that received it, which the compiler enforces: it is not
/// Sendable and the closure is synchronous.
public final class Session {
    let wire: Wire
    private var savepoints = 0
    /// The first error of the unit, for a closure that swallows one although the transaction cannot go on.
    private(set) var firstError: PostgresError?
    /// Whether the server asked for the whole transaction to be run again.
    private(set) var mustRetry = false

    init(wire: Wire) {
        self.wire = wire
    }

    /// Runs a statement whose rows are of no interest.
    ///
    /// - Returns: the number of rows that it touched.
    @discardableResult
    public func execute(_ sql: SQL) throws(PostgresError) -> Int {
        try run(sql, format: .text).affectedRows
    }

    /// Runs any number of statements, separated by semicolons and without parameters. Outside of a transaction they make one together.
    public func executeScript(_ sql: SQL) throws(PostgresError) {
        guard sql.parameters.isEmpty else { throw PostgresError(.misuse, "A script has no parameters.", statement: wire.unit.name) }
        try noting { () throws(PostgresError) in
            try wire.send(script: sql.text)
            try wire.finish()
        }
    }

    func run(_ sql: SQL, format: SQLFormat) throws(PostgresError) -> QueryResult {
        try noting { () throws(PostgresError) in
            try wire.send(sql, format: format)
            guard let result = try wire.finish() else {
                throw PostgresError(.misuse, "The statement is empty.", statement: wire.unit.name)
            }
            return result
        }
    }

    func noting<Result>(_ body: () throws(PostgresError) -> Result) throws(PostgresError) -> Result {
        do {
            return try body()
        } catch {
            firstError = firstError ?? error
            if error.code == .server, error.sqlState?.isRetryable == true { mustRetry = true }
            throw error
        }
    }

    /// Runs the body; when it throws, what it did is undone and the transaction goes on.
    @discardableResult
    public func savepoint<R>(_ body: () throws -> R) throws -> R {
        savepoints += 1
        let name = "savepoint_\(savepoints)"
        try executeScript(SQL(unchecked: "SAVEPOINT \(name)"))
        do {
            let result = try body()
            try executeScript(SQL(unchecked: "RELEASE SAVEPOINT \(name)"))
            return result
        } catch {
            // When this fails the transaction is over, and the first error says why.
            try? executeScript(SQL(unchecked: "ROLLBACK TO SAVEPOINT \(name); RELEASE SAVEPOINT \(name)"))
            throw error
        }
    }

    /// Waits for the lock and holds it until the end of the transaction.
    public func lock(_ key: AdvisoryLock) throws(PostgresError) {
        try execute("SELECT pg_advisory_xact_lock(\(key.key))")
    }
}

/// A lock that means what its users agree on.
public struct AdvisoryLock: Sendable, Hashable {
    public let key: Int64

    public init(key: Int64) {
        self.key = key
    }
}
