import FoundationEssentials
import Glibc
import Synchronization
import Testing
import TrackClient
import TrackCore

@Suite struct SpoolTests {
    let scratch: ScratchFolder
    let spool: Spool

    init() throws {
        scratch = try ScratchFolder()
        spool = Spool(StateFolder(path: scratch.path), now: { Samples.time })
    }

    private func put(_ names: String...) throws {
        for (index, name) in names.enumerated() {
            try spool.write(SpoolRecord(Samples.checkpoint(name), at: Samples.time.adding(seconds: Double(index))))
        }
    }

    @Test("a written record is one private file in `new`, and nothing is left in `tmp`")
    func writing() throws {
        try put("checkpoint-1")
        let names = scratch.names("spool/new")
        #expect(names.count == 1)
        #expect(names.allSatisfy { $0.hasPrefix("1795000000123-") && $0.hasSuffix(".rec") })
        #expect(scratch.names("spool/tmp") == [])
        #expect(try scratch.mode("spool/new/" + names[0]) == 0o600)
        for folder in ["spool", "spool/tmp", "spool/new", "spool/work", "spool/sent", "spool/quarantine"] {
            #expect(try scratch.mode(folder) == 0o700)
        }
    }

    @Test("a run arrives exactly as it was written: infinite values, spellings of environment keys and the attempt included")
    func roundTrip() async throws {
        let request = try Samples.run()
        try spool.write(SpoolRecord(request, at: Samples.time))
        var seen: [RecordRunRequest] = []
        _ = try await spool.deliver { entry in
            guard case .run(let run) = try entry.request() else { return }
            #expect(entry.id == request.run.id)
            #expect(entry.envelope.madeAt == Samples.time)
            seen.append(run)
        }
        #expect(seen.map(\.run) == [request.run])
        #expect(seen.map(\.attempt) == [request.attempt])
        #expect(seen.map(\.run.digest) == [request.run.digest])
    }

    @Test("delivery is oldest first, and what was sent moves to `sent`")
    func order() async throws {
        try put("a", "b", "c")
        var labels: [String] = []
        let result = try await spool.deliver { labels.append($0.label) }
        #expect(labels == ["checkpoint legal-tune/a", "checkpoint legal-tune/b", "checkpoint legal-tune/c"])
        #expect(result.delivery.sent == 3)
        #expect(result.delivery.waiting == 0)
        #expect(scratch.names("spool/sent").count == 3)
        #expect(scratch.names("spool/work") == [])
    }

    @Test("a refused record goes to quarantine with its reason and does not delay the younger ones")
    func poison() async throws {
        try put("a", "bad", "c")
        let result = try await spool.deliver { record in
            if record.label.hasSuffix("bad") { throw Problem(.conflict, "The id is recorded with another content.") }
        }
        #expect(result.delivery.sent == 2)
        #expect(result.delivery.quarantined.map(\.reason) == ["The id is recorded with another content."])
        let names = scratch.names("spool/quarantine")
        #expect(names.count == 2)
        let reason = String(decoding: try scratch.read("spool/quarantine/" + (names.last ?? "")), as: UTF8.self)
        #expect(names.last?.hasSuffix(".rec.reason.json") == true)
        #expect(reason.contains("409") && reason.contains("another content"))
    }

    @Test(
        "when the daemon wants another token or cannot work, everything stays and delivery stops",
        arguments: [Problem.Kind.unauthenticated, .unavailable, .internal])
    func stopping(_ kind: Problem.Kind) async throws {
        try put("a", "b")
        let tried = Atomic(0)
        let result = try await spool.deliver(isReady: { false }) { _ in
            tried.add(1, ordering: .relaxed)
            throw Problem(kind, "Not now.")
        }
        let count = tried.load(ordering: .relaxed)
        #expect(count == 1)
        #expect(result.delivery.stopped == "Not now.")
        #expect(result.stopError is Problem)
        #expect(result.delivery.waiting == 2)
        #expect(scratch.names("spool/new").count == 2)
        #expect(scratch.names("spool/work") == [])
    }

    @Test("what this token may not record stays, and does not delay what it may")
    func forbidden() async throws {
        try put("a", "not-mine", "c")
        let result = try await spool.deliver { record in
            if record.label.hasSuffix("not-mine") { throw Problem(.forbidden, "A worker's token records results.") }
        }
        #expect(result.delivery.sent == 2)
        #expect(result.delivery.refused.map(\.reason) == ["A worker's token records results."])
        #expect(result.delivery.waiting == 1)
        #expect(result.delivery.quarantined.isEmpty)
        #expect(scratch.names("spool/new").count == 1)
    }

    @Test("an answer of something that is not trackd condemns no record")
    func strangers() async throws {
        try put("a")
        let stranger = UnexpectedAnswer(
            address: .network("http://proxy"), request: "POST /v1/checkpoints", status: 404, detail: "it is HTML")
        let result = try await spool.deliver { _ in throw stranger }
        #expect(result.delivery.quarantined.isEmpty)
        #expect(result.delivery.waiting == 1)
    }

    @Test("a damaged file goes to quarantine unsent")
    func damage() async throws {
        try put("a")
        let name = try #require(scratch.names("spool/new").first)
        var bytes = try scratch.read("spool/new/" + name)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: scratch.path + "/spool/new/" + name))
        let result = try await spool.deliver { _ in Issue.record("a damaged record was sent") }
        #expect(result.delivery.quarantined.count == 1)
        #expect(scratch.names("spool/quarantine").count == 2)
    }

    @Test("a record of a newer version stays readable for people: quarantine, with what to do")
    func newerVersion() async throws {
        try put("a")
        let name = try #require(scratch.names("spool/new").first)
        let text = String(decoding: try scratch.read("spool/new/" + name), as: UTF8.self)
        let body = text.dropFirst((text.firstIndex(of: "\n").map { text.distance(from: text.startIndex, to: $0) } ?? 0) + 1).dropLast()
        let newer = body.replacing(#""v":1"#, with: #""v":2"#)
        try Data(SpoolFrame.wrap(Array(newer.utf8))).write(to: URL(filePath: scratch.path + "/spool/new/" + name))
        let result = try await spool.deliver { _ in Issue.record("a record of another version was sent") }
        #expect(result.delivery.quarantined.first?.reason.contains("newer track") == true)
    }

    @Test("what a dead process had claimed is delivered; what a living one holds is left to it")
    func claims() async throws {
        try put("a", "b")
        let names = scratch.names("spool/new")
        var child = pid_t()
        let path = "/bin/true"
        #expect(path.withCString { posix_spawn(&child, $0, nil, nil, [strdup("true"), nil], nil) } == 0)
        var status: Int32 = 0
        waitpid(child, &status, 0)
        let work = scratch.path + "/spool/work/"
        // As version 0.1 names claims, without the machine.
        #expect(rename(scratch.path + "/spool/new/" + names[0], work + "\(names[0]).\(child).1") == 0)
        #expect(rename(scratch.path + "/spool/new/" + names[1], work + "\(names[1]).1.\(startOfInit())") == 0)
        var labels: [String] = []
        let result = try await spool.deliver { labels.append($0.label) }
        #expect(labels == ["checkpoint legal-tune/a"])
        #expect(result.delivery.waiting == 1)
    }

    @Test("a reused process number does not hold a claim")
    func reusedPid() async throws {
        try put("a")
        let name = scratch.names("spool/new")[0]
        #expect(rename(scratch.path + "/spool/new/" + name, scratch.path + "/spool/work/\(name).\(getpid()).1") == 0)
        let result = try await spool.deliver { _ in }
        #expect(result.delivery.sent == 1)
    }

    @Test("many deliverers at once send every record once")
    func concurrentDelivery() async throws {
        for index in 0..<40 { try put("c\(index)") }
        let sent = Tally()
        let spool = self.spool
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    _ = try await spool.deliver { record in
                        sent.count(record.label)
                        await Task.yield()
                    }
                }
            }
            try await group.waitForAll()
        }
        let counts = sent.counts.withLock { $0 }
        #expect(counts.count == 40)
        #expect(counts.values.allSatisfy { $0 == 1 })
        #expect(scratch.names("spool/sent").count == 40)
    }

    private func startOfInit() -> Substring {
        let text = (try? String(contentsOfFile: "/proc/1/stat", encoding: .utf8)) ?? ""
        return text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")[20]
    }
}

private final class Tally: Sendable {
    let counts = Mutex<[String: Int]>([:])

    func count(_ label: String) { counts.withLock { $0[label, default: 0] += 1 } }
}
