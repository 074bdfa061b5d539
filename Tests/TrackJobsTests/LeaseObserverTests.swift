import Testing
import TrackCore

@testable import TrackJobs

/// A clock that a test moves.
private struct Tick: InstantProtocol {
    var offset: Duration
    func advanced(by duration: Duration) -> Tick { Tick(offset: offset + duration) }
    func duration(to other: Tick) -> Duration { other.offset - offset }
    static func < (a: Tick, b: Tick) -> Bool { a.offset < b.offset }
}

@Suite struct LeaseObserverTests {
    private let attempt = AttemptReference(job: 1, fence: 1)

    private func observer() -> LeaseObserver<Tick> { LeaseObserver(lease: .seconds(10), longestPause: .seconds(3)) }

    private func tick(_ seconds: Int) -> Tick { Tick(offset: .seconds(seconds)) }

    @Test("a silent worker loses its job after one lease, not before")
    func silence() {
        var observer = observer()
        for second in 0..<10 { #expect(observer.look([.init(attempt: attempt, beat: 4)], at: tick(second)) == []) }
        #expect(observer.look([.init(attempt: attempt, beat: 4)], at: tick(10)) == [attempt])
        #expect(observer.look([.init(attempt: attempt, beat: 4)], at: tick(11)) == [attempt])
    }

    @Test("every beat gives a whole lease, whatever number it has")
    func beats() {
        var observer = observer()
        var beat: Int64 = 0
        for second in 0..<100 {
            if second % 9 == 0 { beat = beat == 7 ? 3 : 7 }
            #expect(observer.look([.init(attempt: attempt, beat: beat)], at: tick(second)) == [])
        }
    }

    @Test("a new attempt at the job starts its own lease")
    func newFence() {
        var observer = observer()
        for second in 0..<9 { _ = observer.look([.init(attempt: attempt, beat: 0)], at: tick(second)) }
        let next = AttemptReference(job: 1, fence: 2)
        for second in 9..<19 { #expect(observer.look([.init(attempt: next, beat: 0)], at: tick(second)) == []) }
        #expect(observer.look([.init(attempt: next, beat: 0)], at: tick(19)) == [next])
    }

    @Test("a job that was not running in between starts anew")
    func gone() {
        var observer = observer()
        for second in 0..<9 { _ = observer.look([.init(attempt: attempt, beat: 0)], at: tick(second)) }
        _ = observer.look([], at: tick(9))
        #expect(observer.look([.init(attempt: attempt, beat: 0)], at: tick(10)) == [])
    }

    @Test("after an outage of the database every worker has a whole lease again")
    func outage() {
        var observer = observer()
        for second in 0..<10 { _ = observer.look([.init(attempt: attempt, beat: 0)], at: tick(second)) }
        observer.loseContact()
        for second in 10..<20 { #expect(observer.look([.init(attempt: attempt, beat: 0)], at: tick(second)) == []) }
        #expect(observer.look([.init(attempt: attempt, beat: 0)], at: tick(20)) == [attempt])
    }

    @Test("after this process stood still every worker has a whole lease again")
    func suspended() {
        var observer = observer()
        for second in 0..<10 { _ = observer.look([.init(attempt: attempt, beat: 0)], at: tick(second)) }
        #expect(observer.look([.init(attempt: attempt, beat: 0)], at: tick(3600)) == [])
        for second in 3601..<3610 { #expect(observer.look([.init(attempt: attempt, beat: 0)], at: tick(second)) == []) }
        #expect(observer.look([.init(attempt: attempt, beat: 0)], at: tick(3610)) == [attempt])
    }

    /// Against the definition, over random histories: lost if and only if the beat was the same for a lease of unbroken looks up to
    /// now.
    @Test("an attempt is lost exactly when its beat stood still for a lease of unbroken looks", arguments: 0..<200)
    func definition(seed: UInt64) {
        var generator = SplitMix(state: seed)
        var observer = observer()
        var now = 0
        var beat: Int64 = 0
        var history: [(at: Int, beat: Int64)] = []
        for _ in 0..<200 {
            now += Int.random(in: 0...20, using: &generator) == 0 ? 4 : Int.random(in: 1...3, using: &generator)
            if Int.random(in: 0...6, using: &generator) == 0 { beat += 1 }
            if Int.random(in: 0...40, using: &generator) == 0 {
                observer.loseContact()
                history = []
            }
            if let last = history.last, now - last.at > 3 { history = [] }
            history.append((now, beat))
            let same = history.reversed().prefix { $0.beat == beat }
            let expected = now - (same.last?.at ?? now) >= 10
            #expect(observer.look([.init(attempt: attempt, beat: beat)], at: tick(now)).isEmpty != expected)
        }
    }
}

/// SplitMix64: the same numbers from the same seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
