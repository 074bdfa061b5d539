import FoundationEssentials
import ServiceLifecycle
import Synchronization
import SystemPackage
import Testing
import TrackClient
import TrackCore
import TrackEvaluators

@testable import TrackWorker

@Suite struct TrackWorkerTests {
    @Test("a job is claimed, evaluated and recorded, and then the next one is asked for")
    func works() async throws {
        let bench = try WorkerBench()
        bench.state.withLock { $0.jobs = [bench.job(), bench.job()] }
        try await bench.work { request, _ in
            #expect(request.checkpoint.path.hasSuffix("/run/checkpoint-5"))
            #expect(request.domains.map(\.documents) == [2, 1])
            let (file, sent) = (try Data(contentsOf: URL(filePath: request.documents)), try bench.lines)
            #expect(file == sent)
            return bench.result(request)
        } until: {
            $0.recorded.count == 2
        }
        #expect(
            bench.wordsWithoutBeats.prefix(7) == [
                .deliver, .claim, .documents, .record(domains: 2), .deliver, .claim, .record(domains: 2),
            ])
        let run = bench.recorded[0].run
        #expect(bench.recorded[0].attempt == AttemptReference(job: 1, fence: 3))
        #expect(run.evaluatedAt == WorkerBench.time)
        #expect(run.evaluator == "toy 1")
        #expect(run.checkpoint == bench.checkpoint.key)
        #expect(run.scoring == .scored(ScoringProtocol(context: 128)))
        #expect(run.faults(against: bench.revision).isEmpty)
        #expect(run.id != bench.recorded[1].run.id)
    }

    @Test("an evaluator is asked for as many types as the worker is set to", arguments: [0, 7, TypeLosses.usual])
    func types(count: Int) async throws {
        let bench = try WorkerBench()
        bench.state.withLock { $0.jobs = [bench.job()] }
        try await bench.work(types: count) { request, _ in
            #expect(request.types == count)
            return bench.result(request)
        } until: {
            $0.recorded.count == 1
        }
    }

    @Test("without work it asks again and again, and stops when told")
    func idles() async throws {
        let bench = try WorkerBench()
        try await bench.work { _, _ in
            try await WorkerBench.forever()
        } until: {
            $0.words.count { $0 == .claim } >= 3
        }
        #expect(bench.clock.now.offset >= .seconds(4))
    }

    @Test("a lost job is stopped and nothing is said of it")
    func lost() async throws {
        let bench = try WorkerBench()
        bench.state.withLock {
            $0.jobs = [bench.job()]
            $0.beats = [.goOn, .lost]
        }
        let cancelled = Mutex(false)
        try await bench.work { _, _ in
            defer { cancelled.withLock { $0 = true } }
            return try await WorkerBench.forever()
        } until: {
            $0.words.count { $0 == .claim } >= 2
        }
        #expect(cancelled.withLock { $0 })
        #expect(bench.ends.isEmpty)
        #expect(bench.recorded.isEmpty)
    }

    @Test("a cancelled job is stopped and ended as cancelled")
    func cancelled() async throws {
        let bench = try WorkerBench()
        bench.state.withLock {
            $0.jobs = [bench.job()]
            $0.beats = [.cancel]
        }
        try await bench.work { _, _ in
            try await WorkerBench.forever()
        } until: {
            !$0.ends.isEmpty
        }
        #expect(bench.ends == [.end(.cancelled, retry: false, detail: "Cancelled by request.")])
        #expect(bench.recorded.isEmpty)
    }

    @Test("the evaluator is told no token, neither in its request nor in a file that it could reach")
    func discretion() async throws {
        let bench = try WorkerBench()
        bench.state.withLock { $0.jobs = [bench.job()] }
        try await bench.work { request, _ in
            #expect(!"\(request)".contains("trk_"))
            let names = try FileManager.default.subpathsOfDirectory(atPath: bench.path)
            #expect(names.count > 5)
            for name in names {
                let content = (try? Data(contentsOf: URL(filePath: bench.path + "/" + name))) ?? Data()
                #expect(!String(decoding: content, as: UTF8.self).contains("trk_"), "\(name)")
            }
            return bench.result(request)
        } until: {
            !$0.recorded.isEmpty
        }
    }

    @Test("the heartbeat tells the newest progress, and without contact the evaluation goes on")
    func progressAndSilence() async throws {
        let bench = try WorkerBench()
        bench.state.withLock { $0.jobs = [bench.job()] }
        let told = JobProgress(domainsDone: 1, domains: 2, tokensDone: 9)
        try await bench.work { request, progress in
            progress(told)
            while !bench.words.contains(.beat(told)) { await Task.yield() }
            bench.state.withLock { $0.isReachable = false }
            let before = bench.words.count
            while bench.words.count < before + 3 { await Task.yield() }
            bench.state.withLock { $0.isReachable = true }
            return bench.result(request)
        } until: {
            !$0.recorded.isEmpty
        }
        #expect(bench.recorded.count == 1)
        #expect(bench.ends.isEmpty)
    }

    @Test("told to stop, a worker lets a running evaluation finish")
    func drains() async throws {
        let bench = try WorkerBench()
        bench.state.withLock { $0.jobs = [bench.job(), bench.job()] }
        let began = Mutex(false)
        try await bench.work(movesClock: false) { request, _ in
            began.withLock { $0 = true }
            while !Task.isShuttingDownGracefully { await Task.yield() }
            return bench.result(request)
        } until: { _ in
            began.withLock { $0 }
        }
        #expect(bench.recorded.count == 1)
        #expect(bench.ends.isEmpty)
        #expect(bench.words.count { $0 == .claim } == 1)
    }

    @Test("an evaluation that outlasts the drain limit is given back")
    func releases() async throws {
        let bench = try WorkerBench()
        bench.state.withLock { $0.jobs = [bench.job()] }
        let began = Mutex(false)
        try await bench.work { _, _ in
            began.withLock { $0 = true }
            return try await WorkerBench.forever()
        } until: { _ in
            began.withLock { $0 }
        }
        #expect(bench.ends == [.end(.released, retry: true, detail: "The worker was stopped.")])
    }

    @Test("a failure of the evaluator is told with its words and its answer to another try", arguments: [true, false])
    func fails(retry: Bool) async throws {
        let bench = try WorkerBench()
        bench.state.withLock { $0.jobs = [bench.job()] }
        try await bench.work { _, _ in
            throw EvaluatorFailure(.refused(.internal), "It said no.", retry: retry)
        } until: {
            !$0.ends.isEmpty
        }
        #expect(bench.ends == [.end(.evaluatorFailed, retry: retry, detail: "It said no.")])
    }

    @Test("the end of an attempt is told again until the daemon answers")
    func endIsRetried() async throws {
        let bench = try WorkerBench()
        bench.state.withLock {
            $0.jobs = [bench.job()]
            $0.endErrors = [Problem(.unavailable, "away"), Problem(.unavailable, "away")]
        }
        try await bench.work { _, _ in
            throw EvaluatorFailure(.silent, "x", retry: true)
        } until: {
            $0.ends.count == 3
        }
        #expect(bench.ends.count == 3)
    }

    @Test("while the spool has no room nothing is claimed; with room again work goes on")
    func obstacle() async throws {
        let bench = try WorkerBench()
        bench.state.withLock {
            $0.jobs = [bench.job()]
            $0.obstacles = ["the spool is full", "the spool is full", nil]
        }
        try await bench.work { request, _ in
            bench.result(request)
        } until: {
            $0.recorded.count == 1
        }
        #expect(bench.wordsWithoutBeats.prefix(4) == [.deliver, .deliver, .deliver, .claim])
    }

    @Test("a result that neither disk nor daemon takes is offered again until one does, and nothing is said of a failure")
    func nowhereDurable() async throws {
        let bench = try WorkerBench()
        let full = SystemFailure("write x", code: 28)
        bench.state.withLock {
            $0.jobs = [bench.job()]
            let record = SpoolRecord(
                AddCheckpointRequest(lineage: "run", checkpoint: bench.checkpoint.description), at: WorkerBench.time)
            $0.recordErrors = [SpoolError.notDurable(record: record, cause: full), SpoolError.notDurable(record: record, cause: full)]
        }
        try await bench.work { request, _ in
            bench.result(request)
        } until: {
            $0.recorded.count == 3 && $0.words.count { $0 == .claim } >= 2
        }
        #expect(Set(bench.recorded.map(\.run.id)).count == 1)
        #expect(bench.ends.isEmpty)
    }

    @Test("a record that waits in the spool is delivered before the next claim")
    func spooled() async throws {
        let bench = try WorkerBench()
        bench.state.withLock {
            $0.jobs = [bench.job()]
            $0.leavesWaiting = true
        }
        try await bench.work { request, _ in
            bench.result(request)
        } until: {
            $0.words.count { $0 == .deliver } >= 2
        }
        #expect(bench.wordsWithoutBeats.prefix(6) == [.deliver, .claim, .documents, .record(domains: 2), .deliver, .claim])
    }

    @Test("a record that is refused for good ends the attempt without another try")
    func refusedRecord() async throws {
        let bench = try WorkerBench()
        bench.state.withLock {
            $0.jobs = [bench.job()]
            $0.recordErrors = [Problem(.invalid, "The record is wrong.")]
        }
        try await bench.work { request, _ in
            bench.result(request)
        } until: {
            !$0.ends.isEmpty
        }
        #expect(bench.ends == [.end(.evaluatorFailed, retry: false, detail: "The record is wrong.")])
    }

    @Test("a checkpoint that changed since it was added is not evaluated under its name")
    func changedCheckpoint() async throws {
        let bench = try WorkerBench()
        bench.state.withLock { $0.jobs = [bench.job(), bench.job()] }
        let evaluated = Mutex(0)
        try await bench.work { request, _ in
            evaluated.withLock { $0 += 1 }
            try Data("{ }".utf8).write(to: URL(filePath: request.checkpoint.path + "/config.json"))
            return bench.result(request)
        } until: {
            !$0.ends.isEmpty || $0.recorded.count == 2
        }
        #expect(evaluated.withLock { $0 } == 1)
        guard case .end(.evaluatorFailed, retry: false, let detail) = bench.ends.first else { return #expect(Bool(false)) }
        #expect(detail.contains("has changed since run/checkpoint-5 was added"))
    }

    @Test("a checkpoint that is not here says so, and another worker may try")
    func missingCheckpoint() async throws {
        let bench = try WorkerBench()
        try FileManager.default.removeItem(atPath: bench.path + "/run")
        bench.state.withLock { $0.jobs = [bench.job()] }
        try await bench.work { request, _ in
            bench.result(request)
        } until: {
            !$0.ends.isEmpty || !$0.recorded.isEmpty
        }
        guard case .end(.evaluatorFailed, retry: true, let detail) = bench.ends.first else { return #expect(Bool(false)) }
        #expect(detail.contains("/run/checkpoint-5 is not on this machine."))
    }

    @Test("documents that do not arrive whole are not used and not kept", arguments: Damage.allCases)
    func damagedDocuments(damage: Damage) async throws {
        let bench = try WorkerBench()
        bench.state.withLock { $0.jobs = [bench.job()] }
        let connection = try bench.connection(lines: damage.apply(try bench.lines))
        try await bench.work(connection: connection) { request, _ in
            bench.result(request)
        } until: {
            !$0.ends.isEmpty || !$0.recorded.isEmpty
        }
        guard case .end(.evaluatorFailed, retry: true, let detail) = bench.ends.first else { return #expect(Bool(false)) }
        #expect(detail.contains("did not arrive whole"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: bench.path + "/worker/documents").isEmpty)
    }

    enum Damage: CaseIterable {
        case short, changed, reordered, moved, extra, garbage

        func apply(_ lines: Data) throws -> Data {
            let text = String(decoding: lines, as: UTF8.self)
            let parts = text.split(separator: "\n").map(String.init)
            let changed: [String] =
                switch self {
                case .short: Array(parts.dropLast())
                case .changed: parts.map { $0.replacing("two", with: "tvo") }
                case .reordered: [parts[1], parts[0], parts[2]]
                case .moved: [parts[0], parts[1].replacing(":0", with: ":1"), parts[2]]
                case .extra: parts + [parts[2]]
                case .garbage: parts + ["{"]
                }
            return Data(changed.joined(separator: "\n").utf8)
        }
    }

    @Test("two workers do not share a folder")
    func lock() throws {
        let bench = try WorkerBench()
        do {
            let first = try WorkerFolder(path: bench.path + "/worker", user: nil)
            #expect(throws: Problem.self) { try WorkerFolder(path: first.path, user: nil) }
            withExtendedLifetime(first) {}
        }
        _ = try WorkerFolder(path: bench.path + "/worker", user: nil)
    }

    @Test("another user's evaluators can read the documents, and nobody else can", .enabled(if: try RunAs.named("nobody") != nil))
    func permissions() async throws {
        let bench = try WorkerBench()
        let user = try #require(try RunAs.named("nobody"))
        let folder = try WorkerFolder(path: bench.path + "/worker", user: user)
        let file = try await DocumentFile(folder: folder).path(of: bench.revision, from: try bench.connection())
        func mode(_ path: String) throws -> (UInt32, UInt32, UInt32) {
            let stat = try Stat(FilePath(path))
            return (stat.permissions.rawValue, stat.userID.rawValue, stat.groupID.rawValue)
        }
        #expect(try mode(file) == (0o640, 0, user.gid))
        #expect(try mode(folder.documents) == (0o750, 0, user.gid))
        #expect(try mode(folder.path).0 == 0o711)
        #expect(try mode(folder.evaluators).0 == 0o711)
        #expect(try mode(folder.running).0 == 0o700)
    }
}
