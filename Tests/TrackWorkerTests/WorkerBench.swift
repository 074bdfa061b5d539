import FoundationEssentials
import Logging
import ServiceLifecycleTestKit
import Synchronization
import Testing
import TrackCore
import TrackEvaluators

@testable import TrackWorker

/// A daemon and an evaluator that exist only in a test, with one checkpoint on disk and one small revision.
///
/// Every word that reaches the daemon is written down. Claims beyond the queued jobs find nothing.
final class WorkerBench: Sendable {
    enum Word: Equatable, Sendable {
        case claim, deliver
        case beat(JobProgress?)
        case documents
        case record(domains: Int)
        case end(AttemptOutcome, retry: Bool, detail: String)
    }

    struct State {
        var words: [Word] = []
        var jobs: [ClaimedJob] = []
        var beats: [BeatResponse.Instruction] = []
        var recorded: [RecordRunRequest] = []
        var recordErrors: [any Error] = []
        var endErrors: [any Error] = []
        var isReachable = true
        /// What stands in the way of the next claims, one after the other.
        var obstacles: [String?] = []
        var leavesWaiting = false
        var stops = 0
    }

    let path: String
    let clock = ManualClock()
    let state = Mutex(State())
    let checkpoint: Checkpoint
    let revision: DomainSetRevision
    let texts = ["one", "two", "three"]
    static let time = Timestamp(milliseconds: 1_770_000_000_000)

    init() throws {
        path = FileManager.default.temporaryDirectory.path(percentEncoded: false) + "/track-worker-" + UUID().uuidString
        let folder = path + "/run/checkpoint-5"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let header = #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        try (Data([UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0]) + Data(header.utf8) + Data([1, 2, 3, 4]))
            .write(to: URL(filePath: folder + "/model.safetensors"))
        try Data("{}".utf8).write(to: URL(filePath: folder + "/config.json"))
        checkpoint = Checkpoint(
            id: 1, lineage: "run", description: try CheckpointFolder.read(path: folder).checkpoint, parent: nil, isBaseline: true,
            addedAt: Self.time)
        let names = [try #require(DomainName("a/a")), try #require(DomainName("b/b"))]
        let digests = texts.map { Digest(ofText: $0) }
        revision = DomainSetRevision(
            set: "heldout", number: 1,
            digest: DomainSetRevision.digest(
                kind: .documents, split: "val", seed: 7, domains: [(names[0], Array(digests[..<2])), (names[1], [digests[2]])]),
            kind: .documents, split: "val", seed: 7, createdAt: Self.time,
            domains: [
                DomainOfRevision(name: names[0], documents: 2, bytes: 6, words: 2),
                DomainOfRevision(name: names[1], documents: 1, bytes: 5, words: 1),
            ])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// What comes with every job.
    static let token = "trk_0123abcd_the-secret-of-this-attempt"
    static let pass = AttemptPass(attempt: AttemptReference(job: 1, fence: 3), token: token)

    var words: [Word] { state.withLock { $0.words } }
    var wordsWithoutBeats: [Word] { words.filter { if case .beat = $0 { false } else { true } } }
    var recorded: [RecordRunRequest] { state.withLock { $0.recorded } }

    /// What was said of attempts' ends.
    var ends: [Word] { words.filter { if case .end = $0 { true } else { false } } }

    func job(_ number: Int64 = 1) -> ClaimedJob {
        ClaimedJob(
            job: number, fence: 3, leaseSeconds: 60, beatSeconds: 10, reason: .added, checkpoint: checkpoint, revision: revision,
            scoring: ScoringProtocol(context: 128), evaluator: "toy")
    }

    var lines: Data {
        get throws {
            try zip([0, 0, 1], texts).reduce(Data()) {
                $0 + (try WireCoding.encode(DocumentLine(domain: $1.0, text: $1.1))) + Data("\n".utf8)
            }
        }
    }

    func say(_ word: Word) throws {
        try state.withLock { state in
            state.words.append(word)
            if !state.isReachable { throw Problem(.unavailable, "The daemon does not answer.") }
        }
    }

    func connection(lines: Data? = nil) throws -> WorkerConnection {
        let lines = try lines ?? self.lines
        return WorkerConnection(
            claim: { [self] _ in
                try say(.claim)
                return state.withLock { $0.jobs.isEmpty ? nil : ClaimResponse(job: $0.jobs.removeFirst(), token: Self.token) }
            },
            beat: { [self] pass, request in
                #expect(pass == Self.pass)
                try say(.beat(request.progress))
                return BeatResponse(instruction: state.withLock { $0.beats.isEmpty ? .goOn : $0.beats.removeFirst() })
            },
            documents: { [self] digest, receive in
                #expect(digest == revision.digest)
                try say(.documents)
                // In pieces that do not end where lines end.
                for start in stride(from: 0, to: lines.count, by: 7) {
                    try Array(lines[start..<min(start + 7, lines.count)]).withUnsafeBytes { try receive($0) }
                }
            },
            record: { [self] pass, request in
                #expect(pass.token == Self.token && pass.attempt == request.attempt)
                guard case .documents(let domains) = request.run.content else { throw Problem(.invalid, "no documents") }
                state.withLock { state in
                    state.words.append(.record(domains: domains.count))
                    state.recorded.append(request)
                }
                if let error = state.withLock({ $0.recordErrors.isEmpty ? nil : $0.recordErrors.removeFirst() }) { throw error }
                if state.withLock({ $0.leavesWaiting }) { return .waiting }
                return .answered(RecordRunResponse(id: request.run.id, verdict: .accepted, digest: request.run.digest))
            },
            endAttempt: { [self] pass, request in
                #expect(pass.token == Self.token)
                try say(.end(request.outcome, retry: request.retry, detail: request.detail))
                if let error = state.withLock({ $0.endErrors.isEmpty ? nil : $0.endErrors.removeFirst() }) { throw error }
                return EndAttemptResponse(state: .queued)
            },
            deliverWaiting: { [self] in
                try say(.deliver)
                return DeliveryNews(waiting: 0)
            },
            obstacle: { [self] in state.withLock { $0.obstacles.isEmpty ? nil : $0.obstacles.removeFirst() } })
    }

    /// An evaluator that answers at once.
    func result(_ request: EvaluationRequest) -> EvaluationResult {
        EvaluationResult(
            evaluator: "toy 1", environment: ["python": "3"],
            domains: request.domains.map { domain in
                let n = domain.documents
                return DomainMeasurement(
                    domain: domain.name,
                    outcome: .measured(
                        DocumentScores(
                            nll: Array(repeating: 1, count: n), tokens: Array(repeating: 1, count: n), bytes: Array(repeating: 3, count: n),
                            words: Array(repeating: 1, count: n), histogram: [])))
            })
    }

    /// Runs a worker until `isDone`, then shuts it down gracefully. Unless told otherwise, time passes as soon as somebody waits for it.
    func work(
        connection: WorkerConnection? = nil, drain: Duration = .seconds(60), types: Int = TypeLosses.usual, movesClock: Bool = true,
        evaluate: @escaping @Sendable (EvaluationRequest, @escaping @Sendable (JobProgress) -> Void) async throws -> EvaluationResult,
        until isDone: @escaping @Sendable (WorkerBench) -> Bool
    ) async throws {
        let folder = try WorkerFolder(path: path + "/worker", user: nil)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let worker = TrackWorker(
            configuration: WorkerConfiguration(folder: folder.path, host: "here", pid: 1, isEmbedded: false, drainLimit: drain, types: types),
            folder: folder,
            connection: try connection ?? self.connection(),
            evaluators: WorkerEvaluators(
                evaluate: { name, request, _, progress in
                    #expect(name == "toy")
                    return try await evaluate(request, progress)
                },
                stop: { [self] in state.withLock { $0.stops += 1 } }),
            clock: clock, now: { Self.time }, jitter: { 0.5 }, logger: logger)
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                let clock = clock
                if movesClock { group.addTask { await clock.run() } }
                group.addTask { [self] in
                    while !isDone(self), !Task.isCancelled { await Task.yield() }
                    trigger.triggerGracefulShutdown()
                }
                try await worker.run()
                group.cancelAll()
            }
        }
        #expect(state.withLock { $0.stops } == 1, "the evaluator is ended with the worker")
    }

    /// An evaluation that ends only when it is cancelled.
    static func forever() async throws -> EvaluationResult {
        let (never, _continuation) = AsyncStream.makeStream(of: Never.self)
        defer { _continuation.finish() }
        for await _ in never {}
        throw CancellationError()
    }
}
