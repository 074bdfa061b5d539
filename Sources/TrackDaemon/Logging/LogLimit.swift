package import Logging
import Synchronization

/// Lets one line of a kind pass in ten seconds and counts the others. What fails with every request, as on a full disk, must not fill the
/// disk with its log.
///
/// A kind is a level and a message: what differs from line to line stands in the metadata. Lines for debugging, what happens in good order
/// (`info`) and what is said once (`critical`, a record that is nowhere durable) always pass.
package final class LogLimit: Sendable {
    package static let interval: Duration = .seconds(10)
    /// So many kinds are remembered; a message with something changing in it would make ever more.
    private static let maximum = 512

    private struct Kind: Hashable {
        let level: Logger.Level
        let message: String
    }

    private struct Latest {
        let end: ContinuousClock.Instant
        var suppressed = 0
    }

    private let latest = Mutex<[Kind: Latest]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant

    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    /// How many kinds are remembered.
    var kinds: Int { latest.withLock { $0.count } }

    /// - Returns: how many lines of the kind were left out since the last one that passed; nil when this one is left out too.
    package func pass(_ level: Logger.Level, _ message: String) -> Int? {
        guard (Logger.Level.notice ... .error).contains(level) else { return 0 }
        let kind = Kind(level: level, message: message)
        let time = now()
        return latest.withLock { latest in
            if let end = latest[kind]?.end, time < end {
                latest[kind]?.suppressed += 1
                return nil
            }
            let suppressed = latest[kind]?.suppressed ?? 0
            if latest.count >= Self.maximum { latest = latest.filter { time < $0.value.end } }
            if latest.count >= Self.maximum { latest = [:] }
            latest[kind] = Latest(end: time + Self.interval)
            return suppressed
        }
    }
}
