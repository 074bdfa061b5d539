import FoundationEssentials
import Postgres
import Testing
import TrackCore
import TrackStore
import TrackTestSupport

@testable import TrackJobs

/// A database with one lineage, a domain set and a protocol, and short words for what tests do to it.
struct Workshop: Sendable {
    let database: Database
    let lineage: Int64
    let checkpoints: [Int64]
    let revision: Int64
    let scoring: Int64

    static func open(checkpoints count: Int = 3, _ body: @escaping @Sendable (Workshop) async throws -> Void) async throws {
        try await withTestDatabase { database in
            let workshop = try await database.write("test.record") { db in
                let made = try TestRecord.lineage("llama", checkpoints: count, in: db)
                return Workshop(
                    database: database, lineage: made.lineage, checkpoints: made.checkpoints,
                    revision: try TestRecord.revision(set: "held-out", in: db),
                    scoring: try ProtocolStore.id(of: ScoringProtocol(), in: db))
            }
            try await body(workshop)
            try await workshop.expectInvariants()
        }
    }

    var plan: ScheduleStore.FiringPlan { .init(scoring: scoring, evaluator: "transformers", decider: "test") }

    func work(_ index: Int = 0) -> NewJob.Work {
        .init(checkpoint: checkpoints[index], revision: revision, scoring: scoring, evaluator: "transformers")
    }

    func write<R: Sendable>(_ body: @Sendable (Session) throws -> R) async throws -> R {
        try await database.write("test", timeout: .seconds(60), body)
    }

    @discardableResult
    func enqueue(_ index: Int = 0) async throws -> Int64 {
        try await write { try JobQueue.enqueue(.manual(work(index), request: UUID()), in: $0).id }
    }

    func claim(embedded: Bool = false, host: String = "node") async throws -> AttemptReference? {
        try await write { db in
            let request = ClaimRequest(worker: UUID(), host: host, pid: 1, embedded: embedded)
            return try JobQueue.claim(request, times: LeaseTimes(), in: db).map { AttemptReference(job: $0.job, fence: $0.fence) }
        }
    }

    func end(_ attempt: AttemptReference, _ end: AttemptEnd, retry: Bool = true) async throws -> JobState? {
        try await write { try JobQueue.end(attempt, as: end, detail: "for a test", retry: retry, policy: RetryPolicy(base: .zero), in: $0) }
    }

    /// What the daemon does when a run arrives for an attempt.
    func deliver(_ attempt: AttemptReference, run: RunID = RunID(UUID())) async throws -> JobQueue.Standing {
        try await write { db in
            let standing = try JobQueue.standing(of: attempt, run: run, in: db)
            switch standing {
            case .current:
                let work = try db.one(
                    "SELECT checkpoint_id, revision_id, protocol_id FROM job WHERE id = \(attempt.job)",
                    as: (Int64.self, Int64.self, Int64.self))
                try TestRecord.run(run, checkpoint: work.0, revision: work.1, scoring: work.2, in: db)
                try JobQueue.succeed(attempt, run: run, in: db)
            case .duplicate, .leftBehind: break
            case .fenced:
                try JobQueue.keepFenced(attempt, run: run, digest: Digest(ofText: "\(run)"), record: JSONText("{}"), in: db)
            }
            return standing
        }
    }

    func job(_ id: Int64) async throws -> JobView {
        try await database.read("test") { try JobQueue.job(id, in: $0) }
    }

    func count(_ query: SQL) async throws -> Int {
        try await database.read("test") { try $0.one(query, as: (Int.self)) }
    }
}
