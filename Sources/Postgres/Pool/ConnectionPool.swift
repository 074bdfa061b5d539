import Dispatch
import Logging
import Synchronization

/// Carries out what `PoolState` decides.
final class ConnectionPool: Sendable {
    struct Loan: Sendable {
        let id: PoolState.ConnectionID
        let connection: Connection
        /// How long to wait before the connection is opened.
        let delay: Duration
    }

    private struct State {
        var rules: PoolState
        var connections: [PoolState.ConnectionID: Connection] = [:]
        var waiters: [PoolState.WaiterID: CheckedContinuation<Loan, any Error>] = [:]
        var drained: [CheckedContinuation<Void, Never>] = []
        var nextWaiter = 0
    }

    private let state: Mutex<State>
    private let configuration: DatabaseConfiguration
    private let logger: Logger
    private let made = ConnectionCount()

    init(configuration: DatabaseConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        let limits = PoolState.Limits(
            maximumConnections: configuration.poolSize, idleTimeout: configuration.idleTimeout,
            maximumLifetime: configuration.maximumLifetime)
        state = Mutex(State(rules: PoolState(limits: limits)))
    }

    var madeCount: Int { made.value }
    var openCount: Int { state.withLock { $0.rules.connectionCount } }
    var lentCount: Int { state.withLock { $0.rules.connectionCount - $0.rules.idleCount } }

    /// Lends a connection. It must come back by `release`.
    func acquire(statement: StaticString) async throws -> Loan {
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        do {
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    act { state in
                        state.waiters[waiter] = continuation
                        return state.rules.acquire(waiter, now: .now)
                    }
                    // A cancellation before this point found nobody waiting.
                    if Task.isCancelled { giveUp(waiter, .cancelled) } else { startTimer(for: waiter) }
                }
            } onCancel: {
                giveUp(waiter, .cancelled)
            }
        } catch var error as PostgresError {
            error.statement = statement
            throw error
        }
    }

    func release(_ loan: Loan, _ fate: PoolState.Fate) {
        act { $0.rules.release(loan.id, fate, now: .now) }
    }

    func reap() {
        act { $0.rules.reap(now: .now) }
    }

    /// Refuses new callers and returns when every connection was brought back and closed.
    func shutDown() async {
        await withCheckedContinuation { continuation in
            act { state in
                state.drained.append(continuation)
                return state.rules.shutDown()
            }
        }
    }

    private func giveUp(_ waiter: PoolState.WaiterID, _ reason: PostgresError.Code) {
        act { $0.rules.giveUp(waiter, reason) }
    }

    private func startTimer(for waiter: PoolState.WaiterID) {
        guard state.withLock({ $0.waiters[waiter] != nil }) else { return }
        let delay = DispatchTimeInterval.milliseconds(Int(configuration.poolTimeout.milliseconds))
        DispatchQueue.global().asyncAfter(deadline: .now() + delay) { [weak self] in
            self?.giveUp(waiter, .poolTimedOut)
        }
    }

    /// Changes the state under the lock, and lets callers go on and connections close outside of it.
    private func act(_ change: (inout sending State) -> [PoolState.Action]) {
        let effects = state.withLock { state in
            change(&state).map { perform($0, on: &state) }
        }
        for effect in effects { effect() }
    }

    private func perform(_ action: PoolState.Action, on state: inout State) -> @Sendable () -> Void {
        switch action {
        case .lend(let id, let waiter, let delay):
            let connection = state.connections[id] ?? Connection(configuration: configuration, logger: logger, count: made)
            state.connections[id] = connection
            let continuation = state.waiters.removeValue(forKey: waiter)
            return { continuation?.resume(returning: Loan(id: id, connection: connection, delay: delay)) }
        case .refuse(let waiter, let code):
            let continuation = state.waiters.removeValue(forKey: waiter)
            return { continuation?.resume(throwing: PostgresError(code, Self.explain(code))) }
        case .close(let id):
            // Nobody else holds it, so that letting go of it closes it.
            let connection = state.connections.removeValue(forKey: id)
            return { withExtendedLifetime(connection) {} }
        case .drained:
            let continuations = state.drained
            state.drained = []
            return { for continuation in continuations { continuation.resume() } }
        }
    }

    private static func explain(_ code: PostgresError.Code) -> String {
        switch code {
        case .poolTimedOut: "No database connection became free in time."
        case .poolClosed: "The database is shut down."
        default: "The task was cancelled."
        }
    }
}
