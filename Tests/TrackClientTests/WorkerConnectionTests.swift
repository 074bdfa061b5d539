import FoundationEssentials
import NIOHTTP1
import Testing
import TrackClient
import TrackCore
import TrackWorker

@Suite struct WorkerConnectionTests {
    let scratch: ScratchFolder
    init() throws { scratch = try ScratchFolder() }

    private static let pass = AttemptPass(attempt: AttemptReference(job: 42, fence: 7), token: "trk_of-the-attempt")
    private var address: DaemonAddress { .socket(scratch.path + "/d.sock") }

    private func accepted(_ request: RecordRunRequest, _ verdict: String = "accepted") -> ScriptedDaemon.Answer {
        .json(200, #"{"id":"\#(request.run.id)","verdict":"\#(verdict)","digest":"\#(request.run.digest)"}"#)
    }

    /// Records one run through the spool and gives back what became of it.
    private func record(
        _ request: RecordRunRequest, fault: @escaping @Sendable (SpoolStep) -> Int32? = { _ in nil }
    ) async throws -> RecordDelivery {
        let spool = Spool(StateFolder(path: scratch.path), now: { Samples.time }, fault: fault)
        return try await DaemonClient.with(address, token: nil) { client in
            try await WorkerConnection(client: client, spool: spool).record(Self.pass, request)
        }
    }

    private func withDaemon(
        _ answer: @escaping @Sendable (Int, ScriptedDaemon.Request) -> ScriptedDaemon.Answer, _ body: () async throws -> Void
    ) async throws {
        let daemon = try await ScriptedDaemon(socket: scratch.path + "/d.sock", answer: answer)
        do {
            try await body()
        } catch {
            try await daemon.stop()
            throw error
        }
        try await daemon.stop()
    }

    @Test("a result is durable before it is sent, and moves to `sent` with the answer")
    func sent() async throws {
        let request = try Samples.run()
        try await withDaemon { _, _ in
            #expect(scratch.names("spool/work").count == 1)
            return accepted(request)
        } _: {
            guard case .answered(let answer) = try await record(request) else {
                Issue.record("not answered")
                return
            }
            #expect(answer.verdict == .accepted)
        }
        #expect(scratch.names("spool/sent").count == 1)
    }

    @Test("without a daemon the result waits, and is delivered later with the same content")
    func waiting() async throws {
        let request = try Samples.run()
        guard case .waiting = try await record(request) else {
            Issue.record("not waiting")
            return
        }
        #expect(scratch.names("spool/new").count == 1)
        try await withDaemon { _, received in
            let sent = try? WireCoding.decode(RecordRunRequest.self, from: Data(received.body.utf8))
            #expect(sent?.run == request.run)
            return accepted(request)
        } _: {
            let spool = Spool(StateFolder(path: scratch.path))
            try await DaemonClient.with(address, token: nil) { client in
                let waiting = try await WorkerConnection(client: client, spool: spool).deliverWaiting().waiting
                #expect(waiting == 0)
            }
        }
        #expect(scratch.names("spool/sent").count == 1)
    }

    @Test("a refusal for good is thrown and the record is in quarantine")
    func refused() async throws {
        let request = try Samples.run()
        let text = #"{"type":"conflict","title":"t","status":409,"detail":"The id is recorded with another content."}"#
        try await withDaemon { _, _ in .problem(409, text) } _: {
            let problem = await #expect(throws: Problem.self) { _ = try await record(request) }
            #expect(problem?.type == .conflict)
        }
        #expect(scratch.names("spool/quarantine").count == 2)
    }

    @Test("a full disk does not keep a result from a daemon that answers")
    func fullDisk() async throws {
        let request = try Samples.run()
        try await withDaemon { _, _ in accepted(request) } _: {
            guard case .answered = try await record(request, fault: { $0 == .write ? 28 : nil }) else {
                Issue.record("not answered")
                return
            }
        }
        await #expect(throws: SpoolError.self) { _ = try await record(request, fault: { $0 == .write ? 28 : nil }) }
    }

    @Test("a spool without room stands in the way of claims, and one with room does not")
    func noRoom() async throws {
        var limits = SpoolLimits()
        limits.ballastBytes = 0
        limits.files = 1
        let spool = Spool(StateFolder(path: scratch.path), limits: limits, now: { Samples.time })
        try await DaemonClient.with(address, token: nil) { client in
            let connection = WorkerConnection(client: client, spool: spool)
            #expect(connection.obstacle() == nil)
            try spool.write(SpoolRecord(Samples.checkpoint(), at: Samples.time))
            #expect(connection.obstacle()?.contains("1 of at most 1 records") == true, "\(connection.obstacle() ?? "none")")
        }
    }

    @Test("what is said of an attempt is said with its own token, over the Unix socket too; when that has ended, the job is another's")
    func attemptToken() async throws {
        let ended = #"{"type":"unauthenticated","title":"t","status":401,"detail":"It ended with its attempt."}"#
        try await withDaemon { number, received in
            #expect(received.head.headers.first(name: "Authorization") == "Bearer trk_of-the-attempt")
            if number == 0 { return .json(200, #"{"instruction":"go-on"}"#) }
            return .problem(401, ended)
        } _: {
            try await DaemonClient.with(address, token: nil) { client in
                let connection = WorkerConnection(client: client, spool: Spool(StateFolder(path: scratch.path)))
                let first = try await connection.beat(Self.pass, BeatRequest(progress: nil))
                let second = try await connection.beat(Self.pass, BeatRequest(progress: nil))
                #expect(first.instruction == .goOn && second.instruction == .lost)
                let end = try await connection.endAttempt(
                    Self.pass, EndAttemptRequest(outcome: .released, detail: "", retry: true))
                #expect(end.state == nil)
            }
        }
    }

    @Test("a result whose attempt has ended is sent as the worker's own word, which the daemon answers as late")
    func late() async throws {
        let request = try Samples.run()
        let ended = #"{"type":"unauthenticated","title":"t","status":401,"detail":"It ended with its attempt."}"#
        try await withDaemon { number, received in
            let token = received.head.headers.first(name: "Authorization")
            #expect(token == (number == 0 ? "Bearer trk_of-the-attempt" : nil))
            return number == 0 ? .problem(401, ended) : accepted(request, "duplicate")
        } _: {
            guard case .answered(let answer) = try await record(request) else {
                Issue.record("not answered")
                return
            }
            #expect(answer.verdict == .duplicate)
        }
        #expect(scratch.names("spool/sent").count == 1)
    }

    @Test("a result that the worker's token may not record waits for somebody who may")
    func forbidden() async throws {
        let request = try Samples.run()
        let text = #"{"type":"forbidden","title":"t","status":403,"detail":"Another worker claimed it."}"#
        try await withDaemon { _, _ in .problem(403, text) } _: {
            guard case .waiting = try await record(request) else {
                Issue.record("not waiting")
                return
            }
        }
        #expect(scratch.names("spool/new").count == 1)
    }

    @Test("no token is written to the spool")
    func discretion() async throws {
        _ = try await record(try Samples.run())
        let name = try #require(scratch.names("spool/new").first)
        #expect(!String(decoding: try scratch.read("spool/new/" + name), as: UTF8.self).contains("trk_"))
    }

    @Test("older records that wait do not stand between a result and its answer")
    func onlyItsOwn() async throws {
        let spool = Spool(StateFolder(path: scratch.path), now: { Samples.time })
        try spool.write(SpoolRecord(Samples.checkpoint(), at: Samples.time.adding(seconds: -60)))
        let request = try Samples.run()
        try await withDaemon { _, received in
            #expect(received.head.uri == "/v1/runs")
            return accepted(request)
        } _: {
            _ = try await record(request)
        }
        #expect(scratch.names("spool/new").count == 1)
    }
}
