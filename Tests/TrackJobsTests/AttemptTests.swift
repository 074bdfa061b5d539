import FoundationEssentials
import Postgres
import Testing
import TrackCore

@testable import TrackJobs

@Suite struct AttemptTests {
    @Test("a result ends its job; the same one again is recognised, another one for the job is not taken")
    func result() async throws {
        try await Workshop.open { shop in
            let id = try await shop.enqueue()
            let attempt = try #require(try await shop.claim())
            let run = RunID(UUID())
            #expect(try await shop.deliver(attempt, run: run) == .current)
            #expect(try await shop.deliver(attempt, run: run) == .duplicate)
            #expect(try await shop.deliver(attempt) == .fenced)
            let view = try await shop.job(id)
            #expect(view.state == .succeeded && view.run == run && view.attempts == 1 && view.finishedAt != nil)
            #expect(try await shop.count("SELECT count(*) FROM evaluation_run") == 1)
            #expect(try await shop.count("SELECT count(*) FROM fenced_run") == 1)
        }
    }

    @Test("a worker that lost its job can neither beat nor end it nor give a result, before and after another worker took it")
    func zombie() async throws {
        try await Workshop.open { shop in
            let id = try await shop.enqueue()
            let zombie = try #require(try await shop.claim())
            #expect(try await shop.end(zombie, .lost) == .queued)
            func expectFenced() async throws {
                #expect(try await shop.deliver(zombie) == .fenced)
                #expect(try await shop.end(zombie, .evaluatorFailed) == nil)
                #expect(try await shop.write { try JobQueue.beat(zombie, times: LeaseTimes(), progress: nil, in: $0) } == .lost)
                await #expect(throws: Problem.self) { try await shop.write { try JobQueue.succeed(zombie, run: RunID(UUID()), in: $0) } }
            }
            try await expectFenced()
            let next = try #require(try await shop.claim())
            #expect(next == AttemptReference(job: id, fence: 2))
            try await expectFenced()
            #expect(try await shop.job(id).state == .running)
            #expect(try await shop.deliver(next) == .current)
            try await expectFenced()
        }
    }

    @Test("an attempt that never was is named")
    func unknown() async throws {
        try await Workshop.open { shop in
            let id = try await shop.enqueue()
            for attempt in [AttemptReference(job: id, fence: 1), .init(job: id, fence: 0), .init(job: id + 1, fence: 1)] {
                await #expect(throws: Problem.self) { _ = try await shop.deliver(attempt) }
            }
        }
    }

    @Test("the evaluator may fail three times, workers may vanish five times, a stopping worker burns nothing")
    func budgets() async throws {
        try await Workshop.open { shop in
            let id = try await shop.enqueue()
            func next(_ end: AttemptEnd) async throws -> JobState? {
                try await shop.end(try #require(try await shop.claim()), end)
            }
            for _ in 0..<10 { #expect(try await next(.released) == .queued) }
            for _ in 0..<4 { #expect(try await next(.lost) == .queued) }
            for _ in 0..<2 { #expect(try await next(.evaluatorFailed) == .queued) }
            #expect(try await next(.timedOut) == .failed)
            #expect(try await shop.claim() == nil)
            let view = try await shop.job(id)
            #expect(view.state == .failed && view.attempts == 17 && view.lastError == "for a test")
            let other = try await shop.enqueue(1)
            for _ in 0..<4 { #expect(try await next(.lost) == .queued) }
            #expect(try await next(.lost) == .failed)
            #expect(try await shop.job(other).state == .failed)
        }
    }

    @Test("a failure that another attempt cannot mend fails the job at once")
    func noRetry() async throws {
        try await Workshop.open { shop in
            try await shop.enqueue()
            let attempt = try #require(try await shop.claim())
            let words = "no \0 weights" + String(repeating: "x", count: 3000)
            let request = EndAttemptRequest(outcome: .evaluatorFailed, detail: words, retry: false)
            #expect(try await shop.write { try JobQueue.end(attempt, request, policy: RetryPolicy(), in: $0) } == .failed)
            #expect(try await shop.job(attempt.job).lastError?.count == 2000)
        }
    }

    @Test("a worker cannot say that it succeeded without a result, or that it is lost", arguments: [AttemptOutcome.succeeded, .lost])
    func refusedOutcomes(outcome: AttemptOutcome) async throws {
        try await Workshop.open(checkpoints: 1) { shop in
            try await shop.enqueue()
            let attempt = try #require(try await shop.claim())
            let request = EndAttemptRequest(outcome: outcome, detail: "", retry: true)
            await #expect(throws: Problem.self) {
                _ = try await shop.write { try JobQueue.end(attempt, request, policy: RetryPolicy(), in: $0) }
            }
            #expect(try await shop.job(attempt.job).state == .running)
        }
    }

    @Test("a failed job waits before it is tried again")
    func backOff() async throws {
        try await Workshop.open { shop in
            let id = try await shop.enqueue()
            let attempt = try #require(try await shop.claim())
            // A ceiling of years: the share that is drawn is never zero seconds.
            let policy = RetryPolicy(base: .seconds(100_000_000))
            #expect(try await shop.write { try JobQueue.end(attempt, as: .evaluatorFailed, detail: "", policy: policy, in: $0) } == .queued)
            #expect(try await shop.claim() == nil)
            #expect(try await shop.count("SELECT count(*) FROM job WHERE id = \(id) AND run_at > clock_timestamp()") == 1)
        }
    }

    @Test("a result that comes after the wish to cancel is accepted")
    func resultAfterCancel() async throws {
        try await Workshop.open { shop in
            let id = try await shop.enqueue()
            let attempt = try #require(try await shop.claim())
            #expect(try await shop.write { try JobQueue.cancel(id, in: $0) } == .running)
            #expect(try await shop.deliver(attempt) == .current)
            #expect(try await shop.job(id).state == .succeeded)
        }
    }

    @Test("a job that somebody cancelled is not tried again, however its attempt ended", arguments: AttemptEnd.allCases)
    func endAfterCancel(end: AttemptEnd) async throws {
        try await Workshop.open(checkpoints: 1) { shop in
            let id = try await shop.enqueue()
            let attempt = try #require(try await shop.claim())
            try await shop.write { _ = try JobQueue.cancel(id, in: $0) }
            #expect(try await shop.end(attempt, end) == .cancelled)
        }
    }

    @Test("a daemon that starts ends the attempts of its own last worker, at once and as losses, and no others")
    func embedded() async throws {
        try await Workshop.open { shop in
            for _ in 0..<4 { try await shop.enqueue() }
            let own = try #require(try await shop.claim(embedded: true, host: "here"))
            let elsewhere = try #require(try await shop.claim(embedded: true, host: "there"))
            let apart = try #require(try await shop.claim(embedded: false, host: "here"))
            #expect(try await shop.write { try JobQueue.endEmbeddedAttempts(host: "here", in: $0) } == [own])
            #expect(try await shop.write { try JobQueue.endEmbeddedAttempts(host: "here", in: $0) } == [])
            #expect(try await shop.job(own.job).state == .queued)
            #expect(try await shop.job(elsewhere.job).state == .running)
            #expect(try await shop.job(apart.job).state == .running)
            #expect(try await shop.count("SELECT losses FROM job WHERE id = \(own.job)") == 1)
            var fences: [Int64] = []
            while let attempt = try await shop.claim() { if attempt.job == own.job { fences.append(attempt.fence) } }
            #expect(fences == [2])
        }
    }

    @Test("what keeps a lineage from being evaluated is listed")
    func unevaluated() async throws {
        try await Workshop.open { shop in
            for index in 0..<3 { try await shop.enqueue(index) }
            _ = try await shop.deliver(try #require(try await shop.claim()))
            _ = try await shop.end(try #require(try await shop.claim()), .evaluatorFailed, retry: false)
            let left = try await shop.database.read("test") { try JobQueue.unevaluated(lineage: shop.lineage, in: $0) }
            #expect(left.map(\.checkpoint) == ["llama/checkpoint-2", "llama/checkpoint-3"])
            #expect(left.map(\.state) == [.failed, .queued])
            let failed = try await shop.database.read("test") { try JobQueue.jobs(in: [.failed], in: $0) }
            #expect(failed.map(\.checkpoint) == ["llama/checkpoint-2"])
        }
    }
}
