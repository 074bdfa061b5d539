import NIOCore
import Testing

@testable import TrackDaemon

@Suite struct ConnectionClockTests {
    private let limits = ConnectionClock.Limits(head: .seconds(10), body: .seconds(30), idle: .seconds(60))

    private func at(_ seconds: Double) -> NIODeadline { .uptimeNanoseconds(UInt64(1_000_000_000_000 + seconds * 1e9)) }

    private func clock() -> ConnectionClock { ConnectionClock(limits, now: at(0)) }

    /// One whose first request has been answered after a second.
    private func kept() -> ConnectionClock {
        var clock = clock()
        clock.bytesArrived(100, now: at(0))
        clock.headEnded()
        clock.requestEnded()
        clock.answered(now: at(1))
        return clock
    }

    @Test("a new connection has as long as a head may take, however its bytes drip")
    func firstHead() {
        var clock = clock()
        #expect(clock.expiry(now: at(9.9)) == nil)
        #expect(clock.expiry(now: at(10)) == .unused)
        for second in 1...9 { clock.bytesArrived(1, now: at(Double(second))) }
        #expect(clock.expiry(now: at(9.9)) == nil)
        #expect(clock.expiry(now: at(10)) == .head)
    }

    @Test("a kept connection may rest for the idle time, and a head that has begun must end")
    func nextHead() {
        var clock = kept()
        #expect(clock.expiry(now: at(60.9)) == nil)
        #expect(clock.expiry(now: at(61)) == .unused)
        clock.bytesArrived(1, now: at(50))
        clock.bytesArrived(1, now: at(59))
        #expect(clock.expiry(now: at(59.9)) == nil)
        #expect(clock.expiry(now: at(60)) == .head)
    }

    @Test("while an answer is computed nothing expires")
    func working() {
        var clock = clock()
        clock.bytesArrived(100, now: at(0))
        clock.headEnded()
        clock.requestEnded()
        #expect(clock.expiry(now: at(3600)) == nil)
    }

    @Test("a body that drips is cut, one that flows may take as long as it needs")
    func bodies() {
        var dripping = clock()
        var flowing = clock()
        for second in 0..<7200 {
            for (size, isFlowing) in [(2000, true), (10, false)] {
                var clock = isFlowing ? flowing : dripping
                if second == 0 {
                    clock.bytesArrived(100, now: at(0))
                    clock.headEnded()
                }
                clock.isReading(now: at(Double(second)))
                clock.bytesArrived(size, now: at(Double(second) + 1))
                if isFlowing { flowing = clock } else { dripping = clock }
            }
            if second == 20 { #expect(dripping.expiry(now: at(21)) == nil) }
            if second == 40 { #expect(dripping.expiry(now: at(41)) == .body) }
        }
        #expect(flowing.expiry(now: at(7200)) == nil)
    }

    @Test("a body that says nothing is cut after its time")
    func silence() {
        var clock = clock()
        clock.bytesArrived(100, now: at(0))
        clock.headEnded()
        clock.isReading(now: at(1))
        #expect(clock.expiry(now: at(30.9)) == nil)
        #expect(clock.expiry(now: at(31)) == .body)
    }

    @Test("time in which trackd itself did not read does not count against a body")
    func backPressure() {
        var clock = clock()
        clock.bytesArrived(100, now: at(0))
        clock.headEnded()
        clock.isReading(now: at(1))
        clock.bytesArrived(1, now: at(2))
        #expect(clock.expiry(now: at(3600)) == nil)
        clock.isReading(now: at(3600))
        #expect(clock.expiry(now: at(3628)) == nil)
        #expect(clock.expiry(now: at(3629)) == .body)
    }

    @Test("an answer that nobody takes is dropped after the idle time")
    func untaken() {
        var clock = kept()
        clock.bytesArrived(100, now: at(2))
        clock.headEnded()
        clock.requestEnded()
        clock.canWrite(false, now: at(3))
        clock.canWrite(false, now: at(50))
        #expect(clock.expiry(now: at(62.9)) == nil)
        #expect(clock.expiry(now: at(63)) == .answer)
        clock.canWrite(true, now: at(63))
        #expect(clock.expiry(now: at(3600)) == nil)
    }
}
