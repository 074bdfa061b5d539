import FoundationEssentials
import Testing
import TrackCore

@testable import TrackEvaluators

/// With a real process: a small Python program that plays an evaluator.
@Suite struct EvaluatorHostTests {
    private static let program = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Programs/toy_evaluator.py").path(percentEncoded: false)

    private func withHost(
        _ arguments: [String] = [], silence: Duration = .seconds(60), _ body: (EvaluatorHost, TemporaryFolder) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("notes")
        let catalog = EvaluatorCatalog(
            commands: ["toy": ["python3", Self.program] + arguments, "missing": ["/nowhere/python"]],
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "TRACK_TOKEN": "secret"], user: nil)
        let host = EvaluatorHost(catalog: catalog, workFolder: folder.path, noteFolder: folder.path + "/notes", silenceLimit: silence)
        let result: Result<Void, any Error>
        do { result = .success(try await body(host, folder)) } catch { result = .failure(error) }
        await host.stop()
        try result.get()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["notes"], "working folders are removed")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/notes").isEmpty)
    }

    private func request(_ act: String) throws -> EvaluationRequest {
        EvaluationRequest(
            id: "r-" + act, checkpoint: .init(path: "/c/" + act, digest: Digest(ofText: "c")), scoring: ScoringProtocol(), documents: "/d",
            domains: [
                .init(index: 0, name: try #require(DomainName("a/a")), documents: 2),
                .init(index: 1, name: try #require(DomainName("b/b")), documents: 3),
            ])
    }

    private func failure(_ host: EvaluatorHost, _ act: String, with name: String = "toy") async throws -> EvaluatorFailure {
        let request = try request(act)
        return try #require(await #expect(throws: EvaluatorFailure.self) { try await host.evaluate(with: name, request) { _ in } })
    }

    @Test("one process serves evaluation after evaluation, also after a refusal, without this process's secrets")
    func keepsProcess() async throws {
        try await withHost { host, _ in
            let first = try await host.evaluate(with: "toy", try request("ok")) { _ in }
            #expect(first.evaluator == "toy 1")
            #expect(first.domains.count == 2)
            #expect(first.environment["secret"] == "none")
            let refused = try await failure(host, "refuse")
            #expect(refused.cause == .refused(.checkpointInvalid))
            #expect(refused.description == "not a language model")
            let second = try await host.evaluate(with: "toy", try request("ok")) { _ in }
            #expect(second.environment["pid"] == first.environment["pid"])
        }
    }

    @Test("a crash is told with its status and the last of standard error, and the next evaluation gets a new process")
    func crash() async throws {
        try await withHost { host, _ in
            let crash = try await failure(host, "crash")
            #expect(crash.cause == .ended(status: 3))
            #expect(crash.retry)
            #expect(crash.description.contains("segmentation fault in the toy"))
            _ = try await host.evaluate(with: "toy", try request("ok")) { _ in }
        }
    }

    @Test("a process that died between two evaluations is replaced without a word")
    func diedWhileIdle() async throws {
        try await withHost { host, _ in
            let first = try await host.evaluate(with: "toy", try request("once")) { _ in }
            let second = try await host.evaluate(with: "toy", try request("once")) { _ in }
            #expect(first.environment["pid"] != second.environment["pid"])
        }
    }

    @Test(
        "what breaks the contract ends the process",
        arguments: [("nan", ContractRule.message), ("short", .lengths), ("garbage", .message)])
    func violations(act: String, rule: ContractRule) async throws {
        try await withHost { host, _ in
            let failure = try await failure(host, act)
            #expect(failure.cause == .broken(rule))
            _ = try await host.evaluate(with: "toy", try request("ok")) { _ in }
        }
    }

    @Test("an evaluator that says nothing is ended")
    func silent() async throws {
        try await withHost(silence: .seconds(3)) { host, _ in
            let failure = try await failure(host, "silent")
            #expect(failure.cause == .silent)
        }
    }

    @Test("one that cannot run says why, and is not tried again")
    func cannotRun() async throws {
        try await withHost(["--cannot-run"]) { host, _ in
            let failure = try await failure(host, "ok")
            #expect(failure.cause == .ended(status: 78))
            #expect(!failure.retry)
            #expect(failure.description.hasSuffix("torch is missing: pip install torch"))
            let missing = try await self.failure(host, "ok", with: "missing")
            #expect(missing.cause == .ended(status: 127))
        }
    }

    @Test("an evaluator that nobody configured is refused by name")
    func unknown() async throws {
        try await withHost { host, _ in
            let request = try request("ok")
            await #expect(throws: Problem.self) { try await host.evaluate(with: "other", request) { _ in } }
        }
    }

    @Test("cancelling an evaluation ends the process before the call returns")
    func cancel() async throws {
        try await withHost { host, folder in
            let request = try request("silent")
            let (starts, started) = AsyncStream.makeStream(of: Void.self)
            let evaluation = Task {
                started.yield()
                return try await host.evaluate(with: "toy", request) { _ in }
            }
            for await _ in starts { break }
            evaluation.cancel()
            await #expect(throws: (any Error).self) { try await evaluation.value }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/notes").isEmpty)
        }
    }

    @Test("nothing of this process's environment reaches an evaluator but what the contract lists")
    func environment() {
        let allowed = EvaluatorCatalog.allowed(of: [
            "PATH": "/bin", "HOME": "/h", "LANG": "C", "CUDA_VISIBLE_DEVICES": "0", "TRACK_EVALUATOR_X": "1", "TRACK_TOKEN": "t",
            "TRACK_DATABASE_URL": "u", "PYTHONPATH": "/p", "AWS_SECRET": "s", "HF_HUB_OFFLINE": "0",
        ])
        #expect(
            allowed == [
                "PATH": "/bin", "HOME": "/h", "LANG": "C", "CUDA_VISIBLE_DEVICES": "0", "TRACK_EVALUATOR_X": "1", "HF_HUB_OFFLINE": "1",
                "TOKENIZERS_PARALLELISM": "false",
            ])
    }
}
