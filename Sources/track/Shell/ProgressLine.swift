/// One line on standard error that says how far long work has come. Silent where nobody watches.
final class ProgressLine {
    private let isShown: Bool
    private let look: Look
    private var lastShown: ContinuousClock.Instant?
    private var last = ""

    init(_ context: CommandContext) {
        isShown = StandardStream.error.isTerminal && context.environment["TERM"] != "dumb"
        look = context.look
    }

    /// At most ten times a second.
    func show(_ text: @autoclosure () -> String) {
        let now = ContinuousClock.now
        guard isShown, lastShown.map({ now - $0 >= .milliseconds(100) }) ?? true else { return }
        lastShown = now
        let line = look.spelled(text())
        guard line != last else { return }
        last = line
        StandardStream.error.write("\r\u{1b}[K" + line)
    }

    func clear() {
        guard isShown, !last.isEmpty else { return }
        last = ""
        StandardStream.error.write("\r\u{1b}[K")
    }
}
