import TrackCore

/// How often a repeatable request is tried when the daemon is away, and how long to wait in between.
package struct RetryPolicy: Hashable, Sendable {
    /// All tries together, at least 1.
    package let tries: Int
    /// Upper bound of the wait before the second try, in seconds; it doubles with each further one.
    package let firstDelay: Double
    /// No wait is longer, in seconds.
    package let longestDelay: Double

    package init(tries: Int, firstDelay: Double = 0.25, longestDelay: Double = 5) {
        self.tries = max(1, tries)
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
    }

    package static let never = RetryPolicy(tries: 1)

    /// For work of hours, which a restart of the daemon should not end.
    package static let transfer = RetryPolicy(tries: 10, firstDelay: 0.5, longestDelay: 30)

    /// Seconds to wait after the given number of failed tries, or nil to give up. `jitter` is uniform in 0...1 (full jitter).
    package func delay(afterFailures failures: Int, jitter: Double) -> Double? {
        guard failures < tries else { return nil }
        var bound = firstDelay
        for _ in 1..<max(failures, 1) where bound < longestDelay { bound *= 2 }
        return min(bound, longestDelay) * jitter
    }

    /// Whether trying again could end differently.
    package static func isTransient(_ error: any Error) -> Bool {
        switch error {
        case is DaemonUnreachable: true
        case let problem as Problem: [408, 425, 429].contains(problem.status) || problem.status >= 500
        default: false
        }
    }
}
