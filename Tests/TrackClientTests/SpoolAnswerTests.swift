import FoundationEssentials
import Glibc
import Synchronization
import Testing
import TrackClient
import TrackCore

/// What each answer of the daemon means for a record, and when delivery is tried again.
@Suite struct SpoolAnswerTests {
    let scratch: ScratchFolder
    init() throws { scratch = try ScratchFolder() }

    private var spool: Spool { Spool(StateFolder(path: scratch.path), now: { Samples.time }) }

    private func put(_ names: String...) throws {
        for (index, name) in names.enumerated() {
            try spool.write(SpoolRecord(Samples.checkpoint(name), at: Samples.time.adding(seconds: Double(index))))
        }
    }

    private func problem(_ status: Int, retryAfter: Int? = nil) -> Problem {
        var problem = Problem(.invalid, "Answer \(status).")
        problem.status = status
        problem.retryAfter = retryAfter
        return problem
    }

    @Test("the table of answers", arguments: [400, 404, 409, 413, 415, 422, 401, 421, 403, 425, 429, 408, 500, 502, 503, 504])
    func table(_ status: Int) {
        let reason = "Answer \(status)."
        let expected: SpoolDecision =
            switch status {
            case 400, 404, 409, 413, 415, 422: .quarantine(reason: reason, status: status)
            case 401, 421, 425, 429: .stop(reason: reason)
            case 403: .pass(reason: reason)
            default: .keep(reason: reason)
            }
        #expect(SpoolDecision.after(problem(status)) == expected)
    }

    @Test("no answer keeps every record; one that may be the record's own lets the next one try")
    func transport() {
        func decision(_ reason: DaemonUnreachable.Reason) -> SpoolDecision {
            .after(DaemonUnreachable(address: .socket("/s"), reason: reason))
        }
        for reason in [DaemonUnreachable.Reason.noSocket, .refused, .noPermission, .unknownHost, .other] {
            guard case .stop = decision(reason) else {
                Issue.record("\(reason)")
                continue
            }
        }
        for reason in [DaemonUnreachable.Reason.interrupted, .timedOut(seconds: 1)] {
            guard case .keep = decision(reason) else {
                Issue.record("\(reason)")
                continue
            }
        }
    }

    @Test("D6: records that the daemon fails at cost the others one request each, and come last the next time")
    func poison() async throws {
        try put("bad-1", "bad-2", "good-1", "good-2")
        var tried: [String] = []
        func send(_ entry: SpoolEntry) throws {
            tried.append(String(entry.label.split(separator: "/")[1]))
            if tried.last?.hasPrefix("bad") == true { throw problem(500) }
        }
        let first = try await spool.deliver { try send($0) }
        #expect(tried == ["bad-1", "bad-2", "good-1", "good-2"])
        #expect(first.delivery.sent == 2)
        #expect(first.delivery.stopped == nil)
        #expect(first.delivery.waiting == 2)
        try put("good-3")
        tried = []
        _ = try await spool.deliver { try send($0) }
        #expect(tried == ["good-3", "bad-1", "bad-2"])
    }

    @Test("a daemon that fails at everything is left alone after three, and the next time others come first")
    func sick() async throws {
        try put("a", "b", "c", "d", "e")
        var tried: [String] = []
        for _ in 0..<2 {
            _ = try await spool.deliver { entry in
                tried.append(String(entry.label.suffix(1)))
                throw problem(503)
            }
        }
        #expect(tried == ["a", "b", "c", "d", "e", "a"])
    }

    @Test("each bit of a record flipped, each length cut: quarantined with its reason, and the others are delivered (D6)")
    func damage() async throws {
        let scratch = try ScratchFolder(below: "/dev/shm")
        let spool = Spool(StateFolder(path: scratch.path), now: { Samples.time })
        func put(_ name: String) throws { try spool.write(SpoolRecord(Samples.checkpoint(name), at: Samples.time)) }
        try put("victim")
        let name = scratch.names("spool/new")[0]
        let whole = [UInt8](try scratch.read("spool/new/" + name))
        unlink(scratch.path + "/spool/new/" + name)
        let files = whole.indices.map { index in
            var flipped = whole
            flipped[index] ^= UInt8(1 << (index % 8))
            return flipped
        } + (0..<whole.count).map { Array(whole[..<$0]) }
        for (number, file) in files.enumerated() {
            let id = RunID.make(at: Samples.time)
            try Data(file).write(to: URL(filePath: scratch.path + "/spool/new/\(Samples.time.milliseconds + Int64(number))-\(id).rec"))
        }
        try put("older")
        try put("younger")
        let result = try await spool.deliver { _ in }
        #expect(result.delivery.sent == 2)
        #expect(result.delivery.quarantined.count == files.count)
        #expect(try spool.quarantined().allSatisfy { $0.reason.contains("damaged") && $0.status == nil })
    }

    @Test("waits grow from 1 s to 5 min, are shortened at random, and honour Retry-After; another daemon is not concerned")
    func backOff() async throws {
        try put("a")
        let time = Mutex(Samples.time)
        let spool = Spool(StateFolder(path: scratch.path), now: { time.withLock { $0 } })
        func attempt(_ daemon: String = "a", _ error: any Error) async throws -> SpoolDelivery {
            try await spool.deliver(to: daemon, atOnce: false, isReady: { false }) { _ in throw error }.delivery
        }
        let asked = try await attempt("a", problem(429, retryAfter: 40))
        #expect(asked.stopped != nil)
        #expect(try await attempt("a", problem(429)).restingUntil == Samples.time.adding(seconds: 40))
        #expect(try await attempt("b", problem(500)).stopped != nil)
        time.withLock { $0 = $0.adding(seconds: 40) }
        #expect(try await attempt("a", problem(429)).restingUntil == nil)
        // Never given up: after a thousand failures it is still tried, at most 5 min later.
        for _ in 0..<30 {
            time.withLock { $0 = $0.adding(seconds: 300) }
            #expect(try await attempt("a", problem(503)).stopped != nil)
        }
        let now = time.withLock { $0 }
        #expect(try await spool.deliver(to: "a", atOnce: true) { _ in SpoolReceipt(.accepted) }.delivery.sent == 1)
        #expect(try spool.status().daemons.first { $0.address == "a" }?.failures == 0)
        #expect(time.withLock { $0 } == now)
    }

    @Test("a wait that lies further ahead than any wait is a clock's that was set back, and is not waited for")
    func clockSetBack() async throws {
        try put("a")
        let spool = Spool(StateFolder(path: scratch.path), now: { Samples.time.adding(seconds: 86400) })
        _ = try await spool.deliver(to: "a", atOnce: false) { _ in throw problem(429, retryAfter: 30) }
        #expect(try await self.spool.deliver(to: "a", atOnce: false) { _ in SpoolReceipt(.accepted) }.delivery.sent == 1)
    }

    @Test("a claim of another machine holds for a quarter of an hour, and of this one as long as its process lives")
    func claims() async throws {
        try put("a")
        let name = scratch.names("spool/new")[0]
        let claim = scratch.path + "/spool/work/\(name).0badcafe.1.1"
        #expect(rename(scratch.path + "/spool/new/" + name, claim) == 0)
        func deliver(after seconds: Double) async throws -> Int {
            let now = Timestamp(Date()).adding(seconds: seconds)
            return try await Spool(StateFolder(path: scratch.path), now: { now }).deliver { _ in }.delivery.sent
        }
        #expect(try await deliver(after: 14 * 60) == 0)
        #expect(try await deliver(after: -14 * 60) == 0)
        #expect(try await deliver(after: 16 * 60) == 1)
    }

    @Test("a record that is larger than the daemon takes is not sent, and named")
    func tooLarge() async throws {
        var request = Samples.checkpoint()
        request.checkpoint.uri = String(repeating: "x", count: 1 << 20)
        try spool.write(SpoolRecord(request, at: Samples.time))
        let result = try await spool.deliver { _ in Issue.record("it was sent") }
        #expect(result.delivery.quarantined.first?.reason.contains("1 MiB") == true)
    }

    @Test("a link in the place of a record stops nobody")
    func link() async throws {
        try put("a")
        let id = RunID.make(at: Samples.time)
        #expect(symlink("/etc/passwd", scratch.path + "/spool/new/1-\(id).rec") == 0)
        let result = try await spool.deliver { _ in }
        #expect(result.delivery.sent == 1)
        #expect(result.delivery.quarantined.count == 1)
    }

    @Test("the quarantine is queued again by id or whole; what is damaged stays, what is unknown is named")
    func requeue() async throws {
        try put("a", "b")
        _ = try await spool.deliver { _ in throw problem(409) }
        try Data("torn".utf8).write(to: URL(filePath: scratch.path + "/spool/quarantine/1-\(RunID.make(at: Samples.time)).rec"))
        let ids = try spool.quarantined().filter { $0.status == 409 }.compactMap(\.id)
        let unknown = RunID.make(at: Samples.time)
        let first = try spool.requeue([ids[0], unknown])
        #expect(first.records == [.queued(label: "checkpoint legal-tune/a")])
        #expect(first.unknown == [unknown])
        let rest = try spool.requeue(nil).records
        #expect(rest.count == 2)
        #expect(rest.contains { if case .unreadable(_, let reason) = $0 { reason.contains("damaged") } else { false } })
        #expect(scratch.names("spool/new").count == 2)
        #expect(scratch.names("spool/quarantine").count == 1)
    }

    @Test("without room for the reason a refused record is set apart all the same")
    func noRoomForReason() async throws {
        try put("bad", "good")
        let spool = Spool(StateFolder(path: scratch.path), now: { Samples.time }) { $0 == .create ? ENOSPC : nil }
        // What is remembered of the daemon needs no write here: nothing of it changes.
        let result = try await spool.deliver { if $0.label.hasSuffix("bad") { throw problem(422) } }
        #expect(result.delivery.sent == 1)
        #expect(try spool.quarantined().map(\.reason) == ["Its reason was not kept."])
    }
}
