import Testing

@testable import Postgres

@Suite struct PoolStateTests {
    private static let start = ContinuousClock.now

    private func pool(_ maximum: Int) -> PoolState {
        PoolState(limits: .init(maximumConnections: maximum, idleTimeout: .seconds(60), maximumLifetime: .seconds(600)))
    }

    @Test("waiters are served in the order in which they came")
    func firstComeFirstServed() {
        var pool = pool(1)
        #expect(pool.acquire(1, now: Self.start) == [.lend(1, to: 1, delay: .zero)])
        #expect(pool.acquire(2, now: Self.start) == [])
        #expect(pool.acquire(3, now: Self.start) == [])
        #expect(pool.release(1, .reusable, now: Self.start) == [.lend(1, to: 2, delay: .zero)])
        #expect(pool.release(1, .broken, now: Self.start) == [.close(1), .lend(2, to: 3, delay: .zero)])
    }

    @Test("the connection used last is lent first, so that the others can be closed")
    func lastUsedFirst() {
        var pool = pool(2)
        _ = pool.acquire(1, now: Self.start)
        _ = pool.acquire(2, now: Self.start)
        _ = pool.release(1, .reusable, now: Self.start)
        _ = pool.release(2, .reusable, now: Self.start)
        #expect(pool.acquire(3, now: Self.start) == [.lend(2, to: 3, delay: .zero)])
        #expect(pool.reap(now: Self.start + .seconds(59)) == [])
        #expect(pool.reap(now: Self.start + .seconds(60)) == [.close(1)])
        #expect(pool.connectionCount == 1)
    }

    @Test("a connection past its lifetime is closed when it comes back, and when it lies idle")
    func lifetime() {
        var pool = pool(1)
        _ = pool.acquire(1, now: Self.start)
        #expect(pool.release(1, .reusable, now: Self.start + .seconds(600)) == [.close(1)])
        _ = pool.acquire(2, now: Self.start)
        #expect(pool.release(2, .reusable, now: Self.start + .seconds(599)) == [])
        #expect(pool.reap(now: Self.start + .seconds(600)) == [.close(2)])
    }

    @Test("after failures to open, the next opening waits longer each time, up to 5 s, and a success forgets them")
    func backOff() {
        var pool = pool(1)
        var delays: [Duration] = []
        for waiter in 1...9 {
            guard case .lend(let id, _, let delay) = pool.acquire(waiter, now: Self.start).first else { break }
            delays.append(delay)
            #expect(pool.release(id, .openFailed, now: Self.start) == [.close(id)])
        }
        #expect(delays == [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000].map { .milliseconds($0) })
        let later = Self.start + .seconds(4)
        #expect(pool.acquire(10, now: later) == [.lend(10, to: 10, delay: .seconds(1))])
        _ = pool.release(10, .broken, now: later)
        #expect(pool.acquire(11, now: later) == [.lend(11, to: 11, delay: .zero)])
    }

    @Test("who gives up is refused once, and not at all after having been served")
    func givingUp() {
        var pool = pool(1)
        _ = pool.acquire(1, now: Self.start)
        _ = pool.acquire(2, now: Self.start)
        #expect(pool.giveUp(2, .poolTimedOut) == [.refuse(2, .poolTimedOut)])
        #expect(pool.giveUp(2, .cancelled) == [])
        #expect(pool.giveUp(1, .cancelled) == [])
    }

    private enum Event: CaseIterable {
        case acquire, giveUpFirst, returnSound, returnBroken, returnUnopened, reap, shutDown
    }

    @Test("no sequence of seven events lends twice, forgets a waiter, opens too many or drains too early")
    func everySequence() {
        var model = Model(pool: pool(2))
        var sequences = 0
        func explore(_ model: inout Model, _ depth: Int) {
            sequences += 1
            guard depth > 0 else { return }
            for event in Event.allCases {
                var next = model
                if next.apply(event) { explore(&next, depth - 1) }
            }
        }
        explore(&model, 7)
        #expect(sequences > 10_000)
    }

    /// What must hold, kept beside the rules and compared after every event.
    private struct Model {
        var pool: PoolState
        var now = PoolStateTests.start
        var nextWaiter = 0
        var waiting: [Int] = []
        var lent: [Int] = []
        var open: Set<Int> = []
        var isShutDown = false
        var drains = 0

        /// - Returns: false when the event makes no sense here.
        mutating func apply(_ event: Event) -> Bool {
            now += .seconds(30)
            switch event {
            case .acquire:
                nextWaiter += 1
                waiting.append(nextWaiter)
                check(pool.acquire(nextWaiter, now: now))
            case .giveUpFirst:
                guard let waiter = waiting.first else { return false }
                check(pool.giveUp(waiter, .cancelled))
            case .returnSound, .returnBroken, .returnUnopened:
                guard !lent.isEmpty else { return false }
                let id = lent.removeFirst()
                let fate: PoolState.Fate = event == .returnSound ? .reusable : event == .returnBroken ? .broken : .openFailed
                check(pool.release(id, fate, now: now))
            case .reap:
                now += .seconds(60)
                check(pool.reap(now: now))
                #expect(pool.idleCount == 0)
            case .shutDown:
                guard !isShutDown else { return false }
                isShutDown = true
                check(pool.shutDown())
            }
            return true
        }

        private mutating func check(_ actions: [PoolState.Action]) {
            for action in actions {
                switch action {
                case .lend(let id, let waiter, _):
                    #expect(waiter == waiting.first, "served out of turn")
                    #expect(!lent.contains(id), "lent twice")
                    #expect(!isShutDown)
                    waiting.removeAll { $0 == waiter }
                    lent.append(id)
                    open.insert(id)
                case .refuse(let waiter, let code):
                    #expect(waiting.contains(waiter))
                    #expect((code == .poolClosed) == isShutDown)
                    waiting.removeAll { $0 == waiter }
                case .close(let id):
                    #expect(open.remove(id) != nil && !lent.contains(id), "closed while lent, or twice")
                case .drained:
                    drains += 1
                    #expect(isShutDown && open.isEmpty && waiting.isEmpty)
                }
            }
            #expect(open.count <= 2)
            #expect(open.count == pool.connectionCount && waiting.count == pool.waiterCount)
            #expect(lent.count == pool.connectionCount - pool.idleCount)
            if !waiting.isEmpty { #expect(lent.count == 2, "someone waits although a connection is free") }
            if isShutDown {
                #expect(waiting.isEmpty && pool.idleCount == 0)
                #expect(drains == (open.isEmpty ? 1 : 0) || !lent.isEmpty || drains == 1)
            }
        }
    }
}
