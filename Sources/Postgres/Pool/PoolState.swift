/// The rules of the pool, without connections, clocks or locks: events go in, actions come out.
///
/// Callers wait in the order in which they came. A free connection that was used last is lent first, so that the others grow idle and are
/// closed.
struct PoolState {
    struct Limits {
        var maximumConnections: Int
        var idleTimeout: Duration
        var maximumLifetime: Duration
    }

    typealias ConnectionID = Int
    typealias WaiterID = Int

    enum Action: Equatable {
        /// The waiter may use the connection. A connection that is not open yet is opened by the waiter itself, after the delay.
        case lend(ConnectionID, to: WaiterID, delay: Duration)
        case refuse(WaiterID, PostgresError.Code)
        case close(ConnectionID)
        /// After shutdown: nothing is open or waiting any more.
        case drained
    }

    /// What a connection was good for when it came back.
    enum Fate: Sendable {
        case reusable
        case broken
        /// It was never open.
        case openFailed
    }

    private struct Slot {
        var openedAt: ContinuousClock.Instant
        /// nil while it is lent.
        var idleSince: ContinuousClock.Instant?
    }

    private let limits: Limits
    private var slots: [ConnectionID: Slot] = [:]
    /// Free connections, the one used last at the end.
    private var idle: [ConnectionID] = []
    private var waiters: [WaiterID] = []
    private var nextID = 0
    private var failuresInARow = 0
    private var lastFailure: ContinuousClock.Instant?
    private(set) var isShutDown = false

    init(limits: Limits) {
        self.limits = limits
    }

    var connectionCount: Int { slots.count }
    var idleCount: Int { idle.count }
    var waiterCount: Int { waiters.count }

    mutating func acquire(_ waiter: WaiterID, now: ContinuousClock.Instant) -> [Action] {
        guard !isShutDown else { return [.refuse(waiter, .poolClosed)] }
        waiters.append(waiter)
        return serve(now: now)
    }

    /// The waiter's time is over, or its task was cancelled. Does nothing when it was served in the meantime.
    mutating func giveUp(_ waiter: WaiterID, _ reason: PostgresError.Code) -> [Action] {
        guard let position = waiters.firstIndex(of: waiter) else { return [] }
        waiters.remove(at: position)
        return [.refuse(waiter, reason)]
    }

    mutating func release(_ id: ConnectionID, _ fate: Fate, now: ContinuousClock.Instant) -> [Action] {
        guard let slot = slots[id], slot.idleSince == nil else { return [] }
        if fate == .openFailed {
            failuresInARow += 1
            lastFailure = now
        } else {
            failuresInARow = 0
        }
        guard fate == .reusable, !isShutDown, slot.openedAt.duration(to: now) < limits.maximumLifetime else {
            slots[id] = nil
            return [.close(id)] + serve(now: now) + drainedIfEmpty()
        }
        slots[id]?.idleSince = now
        idle.append(id)
        return serve(now: now)
    }

    /// Closes what was free for too long, or is too old.
    mutating func reap(now: ContinuousClock.Instant) -> [Action] {
        let expired = idle.filter { id in
            guard let slot = slots[id], let idleSince = slot.idleSince else { return false }
            return idleSince.duration(to: now) >= limits.idleTimeout || slot.openedAt.duration(to: now) >= limits.maximumLifetime
        }
        idle.removeAll(where: expired.contains)
        for id in expired { slots[id] = nil }
        return expired.map { .close($0) }
    }

    /// No one is served any more; what is lent may be brought back.
    mutating func shutDown() -> [Action] {
        isShutDown = true
        let actions: [Action] = waiters.map { .refuse($0, .poolClosed) } + idle.map { .close($0) }
        for id in idle { slots[id] = nil }
        waiters.removeAll()
        idle.removeAll()
        return actions + drainedIfEmpty()
    }

    private func drainedIfEmpty() -> [Action] {
        isShutDown && slots.isEmpty ? [.drained] : []
    }

    private mutating func serve(now: ContinuousClock.Instant) -> [Action] {
        var actions: [Action] = []
        while let waiter = waiters.first {
            if let id = idle.popLast() {
                slots[id]?.idleSince = nil
                actions.append(.lend(id, to: waiter, delay: .zero))
            } else if slots.count < limits.maximumConnections {
                nextID += 1
                slots[nextID] = Slot(openedAt: now)
                actions.append(.lend(nextID, to: waiter, delay: delay(now: now)))
            } else {
                break
            }
            waiters.removeFirst()
        }
        return actions
    }

    /// How long to wait before opening a connection: nothing at first, then 0.1 s after a failure, doubling up to 5 s.
    private func delay(now: ContinuousClock.Instant) -> Duration {
        guard failuresInARow > 0, let lastFailure else { return .zero }
        let pause = min(Duration.milliseconds(100) * (1 << min(failuresInARow - 1, 6)), .seconds(5))
        return max(.zero, pause - lastFailure.duration(to: now))
    }
}
