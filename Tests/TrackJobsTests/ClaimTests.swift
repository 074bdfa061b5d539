import Dispatch
import FoundationEssentials
import Postgres
import Testing
import TrackCore

@testable import TrackJobs

@Suite struct ClaimTests {
    @Test("the same wish twice is one job")
    func dedupe() async throws {
        try await Workshop.open { shop in
            let (first, again, other) = try await shop.write { db in
                let request = UUID()
                return (
                    try JobQueue.enqueue(.manual(shop.work(), request: request), in: db),
                    try JobQueue.enqueue(.manual(shop.work(1), request: request), in: db),
                    try JobQueue.enqueue(.added(shop.work()), in: db)
                )
            }
            #expect(first.created && !again.created && other.created)
            #expect(first.id == again.id && first.id != other.id)
            let view = try await shop.job(first.id)
            #expect(view.checkpoint == "llama/checkpoint-1")
            #expect(view.domainSet == "held-out@1")
            #expect(view.state == .queued && view.reason == .manual && view.scoring == ScoringProtocol())
        }
    }

    @Test("a claim names everything that its worker needs, a manual job first")
    func claim() async throws {
        try await Workshop.open { shop in
            try await shop.write { db in
                _ = try JobQueue.enqueue(.added(shop.work(0)), in: db)
                _ = try JobQueue.enqueue(.manual(shop.work(1), request: UUID()), in: db)
            }
            let request = ClaimRequest(worker: UUID(), host: "node", pid: 7, embedded: true)
            let claimed = try await shop.write {
                try JobQueue.claim(request, times: LeaseTimes(lease: .seconds(8), beat: .seconds(2)), in: $0)
            }
            let job = try #require(claimed)
            #expect(job.checkpoint.description.name == "checkpoint-2")
            #expect(job.fence == 1 && job.leaseSeconds == 8 && job.beatSeconds == 2 && job.evaluator == "transformers")
            #expect(job.revision.label == "held-out@1" && job.scoring == ScoringProtocol() && job.reason == .manual)
            #expect(try await shop.claim() != nil)
            #expect(try await shop.claim() == nil)
        }
    }

    @Test("a worker gets only jobs whose evaluator it has; one that names none gets any")
    func evaluators() async throws {
        try await Workshop.open { shop in
            var work = shop.work()
            work.evaluator = "gpu"
            let job = try await shop.write { [work] in try JobQueue.enqueue(.manual(work, request: UUID()), in: $0).id }
            func claim(_ evaluators: [String]?) async throws -> Int64? {
                let request = ClaimRequest(worker: UUID(), host: "node", pid: 7, embedded: false, evaluators: evaluators)
                return try await shop.write { try JobQueue.claim(request, times: LeaseTimes(), in: $0)?.job }
            }
            #expect(try await claim(["transformers"]) == nil)
            #expect(try await claim([]) == nil)
            #expect(try await claim(["gpu", "transformers"]) == job)
            let other = try await shop.enqueue()
            #expect(try await claim(nil) == other)
        }
    }

    @Test("a job that another worker is taking keeps nobody waiting for the next one")
    func skipsWhatIsHeld() async throws {
        try await Workshop.open { shop in
            let (first, second) = (try await shop.enqueue(), try await shop.enqueue())
            let (held, hold) = AsyncStream.makeStream(of: Void.self)
            let isClaimed = DispatchSemaphore(value: 0)
            async let holder: Void = shop.write { db in
                try db.execute("SELECT FROM job WHERE id = \(first) FOR UPDATE")
                hold.finish()
                isClaimed.wait()
            }
            for await _ in held {}
            let claimed: Result<AttemptReference?, any Error>
            do { claimed = .success(try await shop.claim()) } catch { claimed = .failure(error) }
            isClaimed.signal()
            try await holder
            #expect(try claimed.get()?.job == second)
        }
    }

    @Test("ten workers at once take each job once")
    func storm() async throws {
        try await Workshop.open { shop in
            for _ in 0..<40 { try await shop.enqueue() }
            let taken = try await withThrowingTaskGroup(of: [AttemptReference].self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        var mine: [AttemptReference] = []
                        while let attempt = try await shop.claim() { mine.append(attempt) }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(taken.count == 40)
            #expect(Set(taken.map(\.job)).count == 40)
            #expect(taken.allSatisfy { $0.fence == 1 })
        }
    }

    @Test("a beat prolongs the lease and carries progress and the wish to cancel")
    func beat() async throws {
        try await Workshop.open { shop in
            let id = try await shop.enqueue()
            let attempt = try #require(try await shop.claim())
            let progress = JobProgress(domainsDone: 1, domains: 2, tokensDone: 512)
            func beat(_ progress: JobProgress?) async throws -> BeatResponse.Instruction {
                try await shop.write { try JobQueue.beat(attempt, times: LeaseTimes(), progress: progress, in: $0) }
            }
            #expect(try await beat(progress) == .goOn)
            #expect(try await beat(nil) == .goOn)
            #expect(try await shop.job(id).progress == progress)
            #expect(try await shop.write { try JobQueue.cancel(id, in: $0) } == .running)
            #expect(try await beat(nil) == .cancel)
            #expect(try await shop.end(attempt, .cancelled) == .cancelled)
            #expect(try await beat(nil) == .lost)
        }
    }

    @Test("a job that waits is cancelled at once and is never claimed")
    func cancelQueued() async throws {
        try await Workshop.open { shop in
            let id = try await shop.enqueue()
            #expect(try await shop.write { try JobQueue.cancel(id, in: $0) } == .cancelled)
            #expect(try await shop.claim() == nil)
            #expect(try await shop.write { try JobQueue.cancel(id, in: $0) } == .cancelled)
            await #expect(throws: Problem.self) { try await shop.write { try JobQueue.cancel(id + 1, in: $0) } }
        }
    }
}
