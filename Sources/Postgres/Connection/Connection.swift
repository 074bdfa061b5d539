import CLibPQ
import Logging

/// A place for one connection, with its own thread while it is busy. A unit of work runs here from its first to its last statement
/// in one go.
actor Connection {
    /// What a unit of work came to.
    struct Finished<R: Sendable>: Sendable {
        let result: Result<R, any Error>
        let fate: PoolState.Fate
        /// Whether the server asked for the whole transaction to be run again.
        var mustRetry = false
    }

    private let configuration: DatabaseConfiguration
    private let logger: Logger
    private let count: ConnectionCount
    private let executor = QueueExecutor(label: "postgres.connection")
    private var wire: Wire?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(configuration: DatabaseConfiguration, logger: Logger, count: ConnectionCount) {
        self.configuration = configuration
        self.logger = logger
        self.count = count
    }

    func transaction<R: Sendable>(
        _ unit: Wire.Unit, _ options: TransactionOptions, _ body: @Sendable (Session) throws -> R
    ) -> Finished<R> {
        let wire: Wire
        do {
            wire = try begin(unit, options.beginStatement)
        } catch {
            return failed(error)
        }
        let session = Session(wire: wire)
        do {
            let value = try body(session)
            try commit(session, isReadOnly: options.isReadOnly)
            return Finished(result: .success(value), fate: settle(wire))
        } catch {
            rollBack(wire)
            // A closure may throw an error of its own after the server's.
            let mustRetry = session.mustRetry && !wire.isBroken && !unit.cancellation.isRequested
            return Finished(result: .failure(error), fate: settle(wire), mustRetry: mustRetry)
        }
    }

    func withoutTransaction<R: Sendable>(_ unit: Wire.Unit, _ timeout: Duration, _ body: @Sendable (Session) throws -> R) -> Finished<R> {
        let wire: Wire
        do {
            wire = try begin(unit, "SET statement_timeout = \(timeout.milliseconds)")
        } catch {
            return failed(error)
        }
        let session = Session(wire: wire)
        let result = Result { try body(session) }
        // Settings, locks and an open transaction must not reach the next user. This is rare enough for a new connection.
        unit.cancellation.aim(at: nil)
        self.wire = nil
        return Finished(result: result, fate: .broken)
    }

    // MARK: Steps

    /// Opens a connection where there is none and runs the first statement. A connection that turns out to be lost here has done
    /// nothing yet, so it is replaced, once.
    private func begin(_ unit: Wire.Unit, _ statement: String) throws(PostgresError) -> Wire {
        if let wire, !wire.isAlive() { self.wire = nil }
        do throws(PostgresError) {
            return try beginOnce(unit, statement)
        } catch where error.code == .connectionLost {
            logger.debug("A database connection was lost and is replaced", metadata: ["db.message": "\(error.message)"])
            wire = nil
            return try beginOnce(unit, statement)
        }
    }

    private func beginOnce(_ unit: Wire.Unit, _ statement: String) throws(PostgresError) -> Wire {
        let wire: Wire
        if let open = self.wire {
            wire = open
            wire.start(unit)
        } else {
            // Before it is open, so that nobody can have used it uncounted.
            count.add()
            wire = try Wire(configuration: configuration, unit: unit, logger: logger)
            self.wire = wire
        }
        try wire.send(script: statement)
        try wire.finish()
        return wire
    }

    private func commit(_ session: Session, isReadOnly: Bool) throws(PostgresError) {
        let wire = session.wire
        switch wire.transactionStatus {
        case PQTRANS_INTRANS:
            break
        case PQTRANS_INERROR:
            // The closure went on after an error that ended its transaction; COMMIT would answer ROLLBACK and look like success.
            throw session.firstError ?? PostgresError(.misuse, "The transaction has failed.", statement: wire.unit.name)
        case PQTRANS_UNKNOWN:
            throw session.firstError ?? wire.lost()
        default:
            throw wire.failure(.misuse, "The transaction was ended inside its closure.")
        }
        try wire.enqueue(script: "COMMIT")
        do throws(PostgresError) {
            try wire.flush()
            try wire.finish()
        } catch where error.code == .connectionLost || wire.isBroken {
            // What was read is read; only a change can be in doubt.
            if isReadOnly { return }
            throw PostgresError(
                .commitInDoubt,
                "The connection ended while the transaction was being committed; it may or may not have happened. \(error.message)",
                sqlState: error.sqlState, statement: wire.unit.name)
        }
    }

    private func rollBack(_ wire: Wire) {
        guard !wire.isBroken, !wire.unit.cancellation.isRequested, wire.transactionStatus != PQTRANS_IDLE else { return }
        // The unit's own deadline may be why it failed; the server still gets a moment to roll back.
        wire.start(
            Wire.Unit(name: wire.unit.name, deadline: .now + configuration.grace, grace: .zero, cancellation: wire.unit.cancellation))
        do {
            try wire.send(script: "ROLLBACK")
            try wire.finish()
        } catch {
            self.wire = nil
        }
    }

    /// Keeps the connection when it is sound. One that saw a cancellation is not: the request may still be on its way.
    private func settle(_ wire: Wire) -> PoolState.Fate {
        wire.unit.cancellation.aim(at: nil)
        if wire.isBroken || wire.unit.cancellation.isRequested || wire.transactionStatus != PQTRANS_IDLE { self.wire = nil }
        return self.wire == nil ? .broken : .reusable
    }

    private func failed<R>(_ error: PostgresError) -> Finished<R> {
        wire = nil
        return Finished(result: .failure(error), fate: error.code == .connectionFailed ? .openFailed : .broken)
    }
}
