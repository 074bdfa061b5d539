import FoundationEssentials
import Glibc
import Synchronization
import Testing
import TrackClient
import TrackCore

/// What was sent: how long it is kept, and when it is sent again.
@Suite struct SpoolHistoryTests {
    let scratch: ScratchFolder
    private let clock = Clock()
    init() throws { scratch = try ScratchFolder() }

    private func spool(_ change: (inout SpoolLimits) -> Void = { _ in }) -> Spool {
        var limits = SpoolLimits()
        change(&limits)
        return Spool(StateFolder(path: scratch.path), limits: limits, now: { [clock] in clock.time })
    }

    private func put(_ names: String..., in spool: Spool) throws {
        for name in names {
            try spool.write(SpoolRecord(Samples.checkpoint(name), at: clock.time))
            clock.move(seconds: 1)
        }
    }

    /// The names of what was sent.
    @discardableResult
    private func send(_ spool: Spool, to daemon: String = "a", epoch: String?) async throws -> (delivery: SpoolDelivery, names: [String]) {
        var names: [String] = []
        let result = try await spool.deliver(to: daemon, atOnce: true) { entry in
            names.append(String(entry.label.split(separator: "/")[1]))
            return SpoolReceipt(.accepted, epoch: epoch)
        }
        return (result.delivery, names)
    }

    @Test("a new epoch queues what was acknowledged under the old one again, once")
    func epoch() async throws {
        let spool = spool()
        try put("one", "two", in: spool)
        #expect(try await send(spool, epoch: "e1").delivery.replayed == 0)
        try put("three", in: spool)
        let (delivery, names) = try await send(spool, epoch: "e2")
        #expect(delivery.replayed == 2)
        #expect(names == ["three", "one", "two"])
        #expect(try await send(spool, epoch: "e2").names == [])
        #expect(scratch.names("spool/sent").count == 3)
    }

    @Test("an answer of any request tells of the new epoch, and one without an epoch tells nothing")
    func heard() async throws {
        let spool = spool()
        try put("one", in: spool)
        try await send(spool, epoch: nil)
        #expect(try spool.note(epoch: "e1", of: "a") == 0)
        #expect(try spool.note(epoch: "e1", of: "a") == 0)
        // Acknowledged when the epoch was unknown: it may belong to the history that is gone.
        #expect(try spool.note(epoch: "e2", of: "a") == 1)
        #expect(try await send(spool, epoch: nil).names == ["one"])
    }

    @Test("a daemon gets its own records again and no other's")
    func twoDaemons() async throws {
        let spool = spool()
        try put("of-a", in: spool)
        try await send(spool, to: "a", epoch: "e1")
        try put("of-b", in: spool)
        try await send(spool, to: "b", epoch: "f1")
        #expect(try spool.note(epoch: "e2", of: "a") == 1)
        #expect(try await send(spool, to: "a", epoch: "e2").names == ["of-a"])
        // The same daemon by another address of its.
        #expect(try spool.note(epoch: "e1", of: "a over TCP") == 0)
        #expect(try spool.note(epoch: "e2", of: "a over TCP") == 0)
    }

    @Test("two processes that hear of it at once send everything again once")
    func race() async throws {
        let spool = spool()
        for index in 0..<20 { try put("c-\(index)", in: spool) }
        try await send(spool, epoch: "e1")
        let sent = Labels()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    _ = try spool.note(epoch: "e2", of: "a")
                    _ = try await spool.deliver(to: "a", atOnce: true) { entry in
                        sent.value.withLock { _ = $0.insert(entry.label) }
                        await Task.yield()
                        return SpoolReceipt(.duplicate, epoch: "e2")
                    }
                }
            }
            try await group.waitForAll()
        }
        try await send(spool, epoch: "e2")
        #expect(scratch.names("spool/sent").count == 20)
        #expect(sent.value.withLock { $0.count } == 20)
    }

    @Test("a replay by hand takes what was sent since, or everything")
    func replay() async throws {
        let spool = spool()
        try put("old", in: spool)
        try await send(spool, epoch: "e1")
        clock.move(seconds: 49 * 3600)
        try put("new", in: spool)
        try await send(spool, epoch: "e1")
        #expect(try spool.replay(since: clock.time.adding(seconds: -48 * 3600)) == 1)
        #expect(try await send(spool, epoch: "e1").names == ["new"])
        #expect(try spool.replay(since: nil) == 2)
    }

    @Test("sent records go after their days, counted from when they were sent; nothing else ever goes")
    func age() async throws {
        let spool = spool { $0.sentDays = 7 }
        try put("waited-long", in: spool)
        clock.move(seconds: 8 * 86400)
        try await send(spool, epoch: "e1")
        #expect(scratch.names("spool/sent").count == 1)
        try put("refused", in: spool)
        _ = try await spool.deliver { _ in throw Problem(.conflict, "other content") }
        try put("waits", in: spool)
        clock.move(seconds: 6 * 86400)
        try put("next", in: spool)
        _ = try await spool.deliver(isReady: { true }) { if $0.label.hasSuffix("waits") { throw Problem(.internal, "later") } }
        #expect(scratch.names("spool/sent").count == 2)
        clock.move(seconds: 2 * 86400)
        try put("last", in: spool)
        _ = try await spool.deliver(isReady: { true }) { if $0.label.hasSuffix("waits") { throw Problem(.internal, "later") } }
        #expect(scratch.names("spool/sent").count == 2)
        #expect(scratch.names("spool/new").count == 1)
        #expect(scratch.names("spool/quarantine").count == 2)
    }

    @Test("of too many bytes the oldest go first")
    func size() async throws {
        let spool = spool { $0.sentBytes = 1000 }
        for name in ["a", "b", "c", "d"] {
            try put(name, in: spool)
            try await send(spool, epoch: nil)
        }
        let kept = scratch.names("spool/sent")
        #expect(kept.count == 2)
        #expect(try kept.map { try SpoolEntry.read(scratch.path + "/spool/sent/" + $0)?.label.suffix(1) } == ["c", "d"])
    }

    @Test("a clock that jumps a week ahead and back loses nothing that waits, and delivery goes on", arguments: [8, -8])
    func clockJump(_ days: Int) async throws {
        let spool = spool()
        try put("before", in: spool)
        let failed = try await spool.deliver(to: "a", atOnce: false) { _ in
            throw DaemonUnreachable(address: .socket("/s"), reason: .refused)
        }
        #expect(failed.delivery.waiting == 1)
        clock.move(seconds: Double(days) * 86400)
        try put("after", in: spool)
        var count = 0
        _ = try await spool.deliver(to: "a", atOnce: false) { _ in
            count += 1
            return SpoolReceipt(.accepted)
        }
        #expect(count == 2)
        #expect(scratch.names("spool/new") == [])
    }
}

private final class Clock: Sendable {
    private let value = Mutex(Timestamp(Date()))

    var time: Timestamp { value.withLock { $0 } }

    func move(seconds: Double) { value.withLock { $0 = $0.adding(seconds: seconds) } }
}

private final class Labels: Sendable {
    let value = Mutex<Set<String>>([])
}
