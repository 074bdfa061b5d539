import FoundationEssentials
import Glibc
import Synchronization
import Testing
import TrackClient
import TrackCore

/// What a SIGKILL before any single system call of the spool leaves behind (invariant D4), in a process of its own each time.
@Suite struct SpoolCrashTests {
    let scratch: ScratchFolder
    init() throws { scratch = try ScratchFolder() }

    private var spool: Spool { Spool(StateFolder(path: scratch.path), now: { Samples.time }) }

    /// A spool that lets this process die before its step of that number; without a number it counts.
    private static func spool(_ path: String, dyingAt number: Int?, counting: Counter = Counter()) -> Spool {
        Spool(StateFolder(path: path), now: { Samples.time }) { _ in
            if counting.next() == number { kill(getpid(), SIGKILL) }
            return nil
        }
    }

    @Test("D4: a writer killed at any step leaves nothing or a whole record, and the next one writes as if nothing had been")
    func writing() async throws {
        try spool.write(SpoolRecord(Samples.checkpoint("first"), at: Samples.time.adding(seconds: -1)))
        let steps = Counter()
        try SpoolCrashTests.spool(scratch.path, dyingAt: nil, counting: steps)
            .write(SpoolRecord(Samples.checkpoint("counted"), at: Samples.time))
        var whole = 0
        for step in 1...steps.count {
            let before = scratch.names("spool/new").count
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = scratch.path as String, step = step as Int] in
                try SpoolCrashTests.spool(path, dyingAt: step).write(SpoolRecord(Samples.checkpoint("killed-\(step)"), at: Samples.time))
            }
            let after = scratch.names("spool/new")
            #expect(after.count - before == 0 || after.count - before == 1)
            whole += after.count - before
            for name in after { #expect(try SpoolEntry.read(scratch.path + "/spool/new/" + name) != nil) }
        }
        // The rename is what makes a record: killed before one of the two steps after it, it is there.
        #expect(whole == 2)
        let result = try await spool.deliver { _ in }
        #expect(result.delivery.sent == 2 + whole)
        #expect(result.delivery.quarantined.isEmpty)
    }

    @Test("D1: a deliverer killed at any step loses no record; the next one delivers what is left")
    func delivering() async throws {
        let steps = Counter()
        try spool.write(SpoolRecord(Samples.checkpoint("counted"), at: Samples.time))
        _ = try await SpoolCrashTests.deliver(SpoolCrashTests.spool(scratch.path, dyingAt: nil, counting: steps))
        #expect(scratch.names("spool/sent").count == 1)
        for step in 1...steps.count {
            try spool.write(SpoolRecord(Samples.checkpoint("killed-\(step)"), at: Samples.time))
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = scratch.path as String, step = step as Int] in
                _ = try await SpoolCrashTests.deliver(SpoolCrashTests.spool(path, dyingAt: step))
                // A step that this delivery no longer needs, because an earlier one has written its state.
                kill(getpid(), SIGKILL)
            }
            _ = try await SpoolCrashTests.deliver(spool)
            #expect(scratch.names("spool/new") == [])
            #expect(scratch.names("spool/work") == [])
            #expect(scratch.names("spool/sent").count == step + 1)
        }
    }

    @Test("a replay killed at any step is finished by the next, and every record is sent again at least once and no more than twice")
    func replaying() async throws {
        for name in ["a", "b", "c"] { try spool.write(SpoolRecord(Samples.checkpoint(name), at: Samples.time)) }
        let counted = Counter()
        _ = try await SpoolCrashTests.deliver(spool, epoch: "epoch 0")
        _ = try await SpoolCrashTests.deliver(SpoolCrashTests.spool(scratch.path, dyingAt: nil, counting: counted), epoch: "epoch 0")
        let steps = Counter()
        #expect(try SpoolCrashTests.spool(scratch.path, dyingAt: nil, counting: steps).note(epoch: "epoch 1", of: "a daemon") == 3)
        _ = try await SpoolCrashTests.deliver(spool, epoch: "epoch 1")
        for step in 1...steps.count {
            let epoch = "epoch \(step + 1)"
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = scratch.path as String, step = step as Int, epoch = epoch as String] in
                _ = try SpoolCrashTests.spool(path, dyingAt: step).note(epoch: epoch, of: "a daemon")
            }
            // What was queued before the end came is delivered under the new history, and the rest is queued by the next that hears of it.
            var sent: [String: Int] = [:]
            _ = try spool.note(epoch: epoch, of: "a daemon")
            _ = try await SpoolCrashTests.deliver(spool, epoch: epoch) { sent[$0.label, default: 0] += 1 }
            #expect(sent.count == 3)
            #expect(sent.values.allSatisfy { $0 == 1 })
            #expect(scratch.names("spool/sent").count == 3)
            #expect(try spool.note(epoch: epoch, of: "a daemon") == 0)
        }
    }

    @discardableResult
    private static func deliver(
        _ spool: Spool, epoch: String = "epoch", _ send: (SpoolEntry) -> Void = { _ in }
    ) async throws -> SpoolDelivery {
        try await spool.deliver(to: "a daemon", atOnce: true) { entry in
            send(entry)
            return SpoolReceipt(.accepted, epoch: epoch)
        }.delivery
    }
}

private final class Counter: Sendable {
    private let value = Atomic(0)

    var count: Int { value.load(ordering: .relaxed) }

    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
