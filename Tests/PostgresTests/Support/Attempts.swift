import Synchronization

/// Counts from closures that may run more than once.
final class Attempts: Sendable {
    private let counter = Mutex(0)

    var count: Int { counter.withLock { $0 } }

    @discardableResult
    func next() -> Int {
        counter.withLock { count in
            count += 1
            return count
        }
    }
}
