import Synchronization

/// Says how far an evaluation is, at most once a second.
final class ServedProgress: Sendable {
    private struct State {
        var sent: ContinuousClock.Instant
        var domain = 0
        var documentsDone = 0
        var tokensDone = 0
        var tokensTotal = 0
    }

    private let id: String
    private let send: @Sendable (ServedMessage) -> Void
    private let state = Mutex(State(sent: .now))

    init(id: String, send: @escaping @Sendable (ServedMessage) -> Void) {
        self.id = id
        self.send = send
    }

    var tokensDone: Int { state.withLock { $0.tokensDone } }

    func begin(domain: Int) {
        state.withLock { state in
            state.domain = domain
            state.documentsDone = 0
        }
        tell()
    }

    func found(tokens: Int) {
        state.withLock { $0.tokensTotal += tokens }
        tell()
    }

    func scored(tokens: Int, finishing documents: Int) {
        state.withLock { state in
            state.tokensDone += tokens
            state.documentsDone += documents
        }
        tell()
    }

    /// Also while nothing advances: a worker must not take patience for silence.
    func tell() {
        let message: ServedMessage? = state.withLock { state in
            let now = ContinuousClock.now
            guard now - state.sent >= .seconds(1) else { return nil }
            state.sent = now
            return .progress(
                id: id, domain: state.domain, documentsDone: state.documentsDone, tokensDone: state.tokensDone,
                tokensTotal: state.tokensTotal)
        }
        if let message { send(message) }
    }
}
