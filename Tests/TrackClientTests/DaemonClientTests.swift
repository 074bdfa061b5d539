import FoundationEssentials
import NIOHTTP1
import Testing
import TrackClient
import TrackCore

@Suite struct DaemonClientTests {
    let scratch: ScratchFolder
    init() throws { scratch = try ScratchFolder() }

    private var socket: String { scratch.path + "/d.sock" }

    /// Runs `body` with a client of a daemon on a Unix socket that answers as told; gives back what the daemon was asked.
    private func withDaemon(
        retry: RetryPolicy = .never, _ answer: @escaping @Sendable (Int, ScriptedDaemon.Request) -> ScriptedDaemon.Answer,
        _ body: (DaemonClient) async throws -> Void
    ) async throws -> [ScriptedDaemon.Request] {
        let daemon = try await ScriptedDaemon(socket: socket, answer: answer)
        let result: Result<Void, any Error>
        do {
            try await DaemonClient.with(.socket(socket), token: "never sent over a socket") { client in
                var client = client
                client.retry = retry
                try await body(client)
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await daemon.stop()
        try result.get()
        return daemon.requests
    }

    @Test("a request over a Unix socket has path, query, Host and no token")
    func request() async throws {
        let requests = try await withDaemon({ _, _ in .json(200, "[]") }) { client in
            let listings = try await client.checkpoints(lineage: "a b")
            #expect(listings.isEmpty)
        }
        let head = try #require(requests.first?.head)
        #expect(head.method == .GET)
        #expect(head.uri == "/v1/checkpoints?lineage=a%20b")
        #expect(head.headers["Host"] == ["localhost"])
        #expect(head.headers["Authorization"] == [])
    }

    @Test("over TCP the token goes along")
    func token() async throws {
        let daemon = try await ScriptedDaemon(socket: nil) { _, _ in .json(200, #"{"status":"ok"}"#) }
        let port = try #require(daemon.port)
        try await DaemonClient.with(.network("http://127.0.0.1:\(port)"), token: "abc") { try await $0.health() }
        try await daemon.stop()
        #expect(daemon.requests.first?.head.headers["Authorization"] == ["Bearer abc"])
    }

    @Test("a body is sent as snake-case JSON and the answer is read")
    func record() async throws {
        let request = try Samples.run()
        let answer = #"{"id":"\#(request.run.id)","verdict":"duplicate","digest":"\#(request.run.digest)"}"#
        let requests = try await withDaemon({ _, _ in .json(200, answer) }) { client in
            let response = try await client.recordRun(request)
            #expect(response.verdict == .duplicate)
            #expect(response.digest == request.run.digest)
        }
        #expect(requests.first?.head.uri == "/v1/runs")
        #expect(requests.first?.head.headers["Content-Type"] == ["application/json"])
        let sent = try WireCoding.decode(RecordRunRequest.self, from: Data((requests.first?.body ?? "").utf8))
        #expect(sent.run == request.run)
    }

    @Test("204 to a claim means that there is nothing to do")
    func nothingToClaim() async throws {
        _ = try await withDaemon({ _, _ in .json(204, "") }) { client in
            let claimed = try await client.claim(ClaimRequest(worker: UUID(), host: "h", pid: 1, embedded: false))
            #expect(claimed == nil)
        }
    }

    @Test("a problem document becomes the Problem that it says")
    func problem() async throws {
        let text = #"{"type":"not-found","title":"Not found","status":404,"detail":"No checkpoint a/b.","request_id":"r1"}"#
        let error = await #expect(throws: Problem.self) {
            _ = try await withDaemon({ _, _ in .problem(404, text) }) { _ = try await $0.checkpoint("a/b") }
        }
        #expect(error?.type == .notFound)
        #expect(error?.detail == "No checkpoint a/b.")
        #expect(error?.requestId == "r1")
    }

    @Test("another server's 404, a redirect and JSON of another shape are not understood, and not taken for a refusal")
    func strangers() async throws {
        for answer in [
            ScriptedDaemon.Answer.text(404, "<html>", type: "text/html"), .text(302, "", type: "text/html"), .json(200, #"{"a":1}"#),
            .problem(404, "not JSON"),
        ] {
            let error = await #expect(throws: UnexpectedAnswer.self) {
                _ = try await withDaemon({ _, _ in answer }) { _ = try await $0.status() }
            }
            #expect(error?.request == "GET /v1/status")
        }
    }

    @Test("a redirect is not followed, not even to where an answer is")
    func redirect() async throws {
        let requests = try await withDaemon({ number, _ in number == 0 ? .redirect("/v1/elsewhere") : .json(200, "[]") }) { client in
            await #expect(throws: UnexpectedAnswer.self) { _ = try await client.checkpoints(lineage: nil) }
        }
        #expect(requests.count == 1)
    }

    @Test("no socket, nobody listening, and a cut connection are told apart, each with what to do")
    func unreachable() async throws {
        let missing = await #expect(throws: DaemonUnreachable.self) {
            try await DaemonClient.with(.socket(socket), token: nil) { _ = try await $0.status() }
        }
        #expect(missing?.reason == .noSocket)
        #expect(missing?.description.contains("trackd serve") == true)

        let port = try SilentPort()
        let address = DaemonAddress.network("http://127.0.0.1:\(port.number)")
        let refused = await #expect(throws: DaemonUnreachable.self) {
            try await DaemonClient.with(address, token: nil) { _ = try await $0.status() }
        }
        #expect(refused?.reason == .refused)

        for answer in [ScriptedDaemon.Answer.hangUp, .torn] {
            let cut = await #expect(throws: DaemonUnreachable.self) {
                _ = try await withDaemon({ _, _ in answer }) { _ = try await $0.status() }
            }
            #expect(cut?.reason == .interrupted)
            #expect(cut.map(CommandStatus.of) == .daemonUnreachable)
        }
    }

    @Test("a repeatable request is tried again when asked for, until the policy ends")
    func retries() async throws {
        let policy = RetryPolicy(tries: 3, firstDelay: 0, longestDelay: 0)
        let requests = try await withDaemon(retry: policy, { number, _ in number < 2 ? .hangUp : .json(200, "[]") }) {
            _ = try await $0.schedules()
        }
        #expect(requests.count == 3)
        let busy = #"{"type":"unavailable","title":"t","status":503,"detail":"later"}"#
        await #expect(throws: Problem.self) {
            _ = try await withDaemon(retry: policy, { _, _ in .problem(503, busy) }) { client in
                defer { #expect(client.retry.tries == 3) }
                _ = try await client.schedules()
            }
        }
    }

    @Test("a claim and a refusal are never repeated")
    func noRetries() async throws {
        let policy = RetryPolicy(tries: 5, firstDelay: 0, longestDelay: 0)
        let claims = try await withDaemon(retry: policy, { _, _ in .hangUp }) { client in
            await #expect(throws: DaemonUnreachable.self) {
                _ = try await client.claim(ClaimRequest(worker: UUID(), host: "h", pid: 1, embedded: false))
            }
        }
        #expect(claims.count == 1)
        let invalid = #"{"type":"invalid","title":"t","status":422,"detail":"wrong"}"#
        let refusals = try await withDaemon(retry: policy, { _, _ in .problem(422, invalid) }) { client in
            await #expect(throws: Problem.self) { _ = try await client.schedules() }
        }
        #expect(refusals.count == 1)
    }

    @Test("a revision is sent as JSON Lines: its description, then each document")
    func upload() async throws {
        let name = try #require(DomainName("legal/licences"))
        let documents = (0..<3000).map { DocumentLine(domain: 0, text: "Text \($0)\nwith two lines") }
        let revision = DomainSetRevision(
            set: "heldout", number: 1, digest: Digest(ofText: "r"), kind: .documents, split: "val", createdAt: Samples.time,
            domains: [DomainOfRevision(name: name, documents: 3000, bytes: 1, words: 1)])
        let answer = String(
            decoding: try WireCoding.encode(DomainSetUploadResponse(revision: revision, created: true)), as: UTF8.self)
        let requests = try await withDaemon({ _, _ in .json(201, answer) }) { client in
            let upload = DomainSetUpload(kind: .documents, split: "val", seed: 7, domains: [name])
            let response = try await client.addRevision(of: "heldout", upload, documents: documents)
            #expect(response.revision == revision)
        }
        let lines = requests[0].body.split(separator: "\n")
        #expect(requests[0].head.uri == "/v1/domain-sets/heldout/revisions")
        #expect(lines.count == 3001)
        #expect(lines[0] == #"{"domains":["legal/licences"],"kind":"documents","seed":7,"split":"val"}"#)
        #expect(try lines.dropFirst().map { try WireCoding.decode(DocumentLine.self, from: Data($0.utf8)) } == documents)
    }

    @Test("documents arrive as the bytes that were sent, and a torn stream is an error")
    func download() async throws {
        let text = String(repeating: #"{"domain":0,"text":"x"}"# + "\n", count: 20_000)
        var received = 0
        _ = try await withDaemon({ _, _ in .text(200, text, type: "application/x-ndjson") }) { client in
            try await client.documents(of: Digest(ofText: "r")) { received += $0.count }
        }
        #expect(received == text.utf8.count)
        await #expect(throws: DaemonUnreachable.self) {
            _ = try await withDaemon({ _, _ in .torn }) { try await $0.documents(of: Digest(ofText: "r")) { _ in } }
        }
    }

    @Test("waits grow to their bound and jitter shortens them")
    func delays() {
        let policy = RetryPolicy(tries: 6, firstDelay: 1, longestDelay: 5)
        #expect((1...6).map { policy.delay(afterFailures: $0, jitter: 1) } == [1, 2, 4, 5, 5, nil])
        #expect(policy.delay(afterFailures: 3, jitter: 0.25) == 1)
        #expect(RetryPolicy.never.delay(afterFailures: 1, jitter: 1) == nil)
    }
}
