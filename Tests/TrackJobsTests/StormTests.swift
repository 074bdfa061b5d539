import FoundationEssentials
import Logging
import Postgres
import Testing
import TrackCore

@testable import TrackJobs

@Suite struct StormTests {
    /// Every fourth attempt is killed and every fourth delivers after its job was taken from it; two daemons look for lost ones.
    @Test("whatever workers do, every job ends with one result and no late result counts", arguments: 1...3)
    func storm(seed: UInt64) async throws {
        try await Workshop.open { shop in
            for _ in 0..<40 {
                try await shop.enqueue()
            }
            try await shop.write { _ = try $0.execute("UPDATE job SET max_losses = 100") }
            let fenced = try await withThrowingTaskGroup(of: Int.self) { group in
                for worker in 0..<10 { group.addTask { try await work(in: shop, seed: seed * 100 + UInt64(worker)) } }
                return try await group.reduce(0, +)
            }
            #expect(try await shop.count("SELECT count(*) FROM job WHERE state = 'succeeded'") == 40)
            #expect(try await shop.count("SELECT count(*) FROM evaluation_run") == 40)
            #expect(try await shop.count("SELECT count(*) FROM fenced_run") == fenced)
            #expect(fenced > 0)
        }
    }

    /// - Returns: how many of its results came too late.
    private func work(in shop: Workshop, seed: UInt64) async throws -> Int {
        var generator = SplitMix(state: seed)
        var fenced = 0
        while true {
            guard let attempt = try await shop.claim() else {
                if try await shop.count("SELECT count(*) FROM job WHERE state IN ('queued', 'running')") == 0 { return fenced }
                await Task.yield()
                continue
            }
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                // It vanishes, and two daemons find out at once.
                async let first = shop.end(attempt, .lost)
                async let second = shop.end(attempt, .lost)
                let states = try await [first, second]
                #expect(states.filter { $0 != nil } == [.queued])
            case 1:
                _ = try await shop.end(attempt, .lost)
                #expect(try await shop.deliver(attempt) == .fenced)
                fenced += 1
            default:
                let run = RunID(UUID())
                #expect(try await shop.deliver(attempt, run: run) == .current)
                if Bool.random(using: &generator) { #expect(try await shop.deliver(attempt, run: run) == .duplicate) }
            }
        }
    }
}

@Suite struct LeaseWatchTests {
    private let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// `lease_until` comes from a wall clock: it is for people, and here it lies both ways.
    @Test("leases end by what was watched, never by a wall clock")
    func wallClock() async throws {
        try await Workshop.open { shop in
            for _ in 0..<2 { try await shop.enqueue() }
            let silent = try #require(try await shop.claim())
            let alive = try #require(try await shop.claim())
            try await shop.write { db in
                try db.execute("UPDATE job SET lease_until = clock_timestamp() + interval '2 hours' WHERE id = \(silent.job)")
                try db.execute("UPDATE job SET lease_until = clock_timestamp() - interval '2 hours' WHERE id = \(alive.job)")
            }
            // A lease of nothing: whatever beat is seen twice is lost, at the second look at the latest.
            let watch = LeaseWatch(
                database: shop.database, times: LeaseTimes(lease: .zero), policy: RetryPolicy(base: .seconds(1_000_000_000)), logger: quiet)
            var patient = LeaseObserver<ContinuousClock.Instant>(lease: .seconds(3600), longestPause: .seconds(3600))
            await watch.look(&patient)
            await watch.look(&patient)
            #expect(try await shop.job(alive.job).state == .running)
            #expect(try await shop.job(silent.job).state == .running)
            var strict = LeaseObserver<ContinuousClock.Instant>(lease: .zero, longestPause: .seconds(3600))
            await watch.look(&strict)
            #expect(try await shop.job(silent.job).state == .queued)
            #expect(try await shop.count("SELECT count(*) FROM attempt WHERE outcome = 'lost'") == 2)
        }
    }

    @Test("a job that was queued while the clock stood ahead is due at once; one that waits for its next attempt is left to wait")
    func clockSetBack() async throws {
        try await Workshop.open { shop in
            let stranded = try await shop.enqueue(0)
            let waiting = try await shop.enqueue(1)
            try await shop.write { db in
                try db.execute("UPDATE job SET run_at = clock_timestamp() + interval '8 days' WHERE id = \(stranded)")
                try db.execute("UPDATE job SET run_at = clock_timestamp() + interval '50 minutes' WHERE id = \(waiting)")
            }
            #expect(try await shop.claim() == nil)
            let watch = LeaseWatch(database: shop.database, times: LeaseTimes(), policy: RetryPolicy(base: .seconds(60)), logger: quiet)
            var observer = LeaseObserver<ContinuousClock.Instant>(lease: .seconds(3600), longestPause: .seconds(3600))
            await watch.look(&observer)
            #expect(try await shop.claim()?.job == stranded)
            #expect(try await shop.claim() == nil)
        }
    }

    @Test("when the database cannot be asked nobody loses a job")
    func outage() async throws {
        try await Workshop.open { shop in
            try await shop.enqueue()
            _ = try await shop.claim()
            var observer = LeaseObserver<ContinuousClock.Instant>(lease: .seconds(1), longestPause: .seconds(3600))
            let job = AttemptReference(job: 1, fence: 1)
            let start = ContinuousClock.now
            #expect(observer.look([.init(attempt: job, beat: 0)], at: start) == [])
            let closed = Database(
                configuration: DatabaseConfiguration(endpoint: .unixSocket(folder: "/nonexistent"), user: "nobody", database: "none"),
                logger: quiet)
            await closed.shutDown()
            let watch = LeaseWatch(database: closed, times: LeaseTimes(lease: .seconds(1)), policy: RetryPolicy(), logger: quiet)
            await watch.look(&observer)
            #expect(observer.look([.init(attempt: job, beat: 0)], at: start + .seconds(2)) == [])
        }
    }
}
