import Synchronization

/// One line on standard error that says how far long work has come. Silent where nobody watches.
final class ProgressLine: Sendable {
    private struct State {
        var lastShown: ContinuousClock.Instant?
        var last = ""
    }

    private let isShown: Bool
    private let look: Look
    private let state = Mutex(State())

    init(_ context: CommandContext) {
        isShown = StandardStream.error.isTerminal && context.environment["TERM"] != "dumb"
        look = context.look
    }

    /// At most ten times a second.
    func show(_ text: @autoclosure () -> String) {
        guard isShown else { return }
        let now = ContinuousClock.now
        state.withLock { state in
            guard state.lastShown.map({ now - $0 >= .milliseconds(100) }) ?? true else { return }
            state.lastShown = now
            let line = look.spelled(text())
            guard line != state.last else { return }
            state.last = line
            StandardStream.error.write("\r\u{1b}[K" + line)
        }
    }

    func clear() {
        state.withLock { state in
            guard isShown, !state.last.isEmpty else { return }
            state.last = ""
            StandardStream.error.write("\r\u{1b}[K")
        }
    }
}
