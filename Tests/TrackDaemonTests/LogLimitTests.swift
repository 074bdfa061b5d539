import Logging
import Synchronization
import Testing

@testable import TrackDaemon

@Suite struct LogLimitTests {
    @Test("one line of a kind passes in ten seconds, the next one with the number of those left out")
    func kinds() {
        let clock = FakeClock()
        let limit = LogLimit { clock.now }
        #expect(limit.pass(.error, "request failed") == 0)
        for _ in 0..<1000 { #expect(limit.pass(.error, "request failed") == nil) }
        #expect(limit.pass(.warning, "request failed") == 0)
        #expect(limit.pass(.error, "another") == 0)
        clock.advance(.milliseconds(9_999))
        #expect(limit.pass(.error, "request failed") == nil)
        clock.advance(.milliseconds(1))
        #expect(limit.pass(.error, "request failed") == 1001)
        #expect(limit.pass(.error, "another") == 0)
        #expect(limit.pass(.error, "request failed") == nil)
        clock.advance(.seconds(60))
        #expect(limit.pass(.error, "request failed") == 1)
    }

    @Test("what happens in good order and what must not be lost always pass", arguments: [Logger.Level.trace, .debug, .info, .critical])
    func always(_ level: Logger.Level) {
        let limit = LogLimit()
        for _ in 0..<3 { #expect(limit.pass(level, "the same") == 0) }
    }

    @Test("messages that always differ pass, and do not pile up")
    func endless() {
        let clock = FakeClock()
        let limit = LogLimit { clock.now }
        for number in 0..<5000 { #expect(limit.pass(.warning, "\(number)") == 0) }
        #expect(limit.kinds <= 512)
    }

    private final class FakeClock: Sendable {
        private let time = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { time.withLock { $0 } }
        func advance(_ duration: Duration) { time.withLock { $0 += duration } }
    }
}
