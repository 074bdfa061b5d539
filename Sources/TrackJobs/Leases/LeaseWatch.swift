package import Logging
package import Postgres
import ServiceLifecycle
import TrackCore

/// Ends the attempts whose workers have vanished. Any number of daemons may do so at once.
package struct LeaseWatch: Service {
    private let database: Database
    private let lease: Duration
    private let policy: RetryPolicy
    private let logger: Logger

    package init(database: Database, times: LeaseTimes, policy: RetryPolicy, logger: Logger) {
        self.database = database
        lease = times.lease
        self.policy = policy
        self.logger = logger
    }

    package func run() async throws {
        let interval = lease / 10
        var observer = LeaseObserver<ContinuousClock.Instant>(lease: lease, longestPause: interval * 3)
        await repeating(every: interval) {
            await look(&observer)
        }
    }

    /// Looks once; ends what is lost.
    func look(_ observer: inout LeaseObserver<ContinuousClock.Instant>) async {
        do {
            let sightings = try await database.read("lease.look") { try JobQueue.sightings(in: $0) }
            for attempt in observer.look(sightings, at: .now) { try await end(attempt) }
            try await freeStranded()
        } catch {
            observer.loseContact()
            logger.warning("cannot watch the leases", metadata: ["error": "\(error)"])
        }
    }

    private func freeStranded() async throws {
        let freed = try await database.write("job.free-stranded") { db in try JobQueue.freeStranded(policy: policy, in: db) }
        guard freed > 0 else { return }
        logger.warning("the clock was set back; jobs that waited for a later time are due now", metadata: ["jobs.count": "\(freed)"])
    }

    private func end(_ attempt: AttemptReference) async throws {
        let state = try await database.write("lease.end") { db in
            let detail = "its worker was not heard for \(Int(lease.seconds)) s"
            return try JobQueue.end(attempt, as: .lost, detail: detail, policy: policy, in: db)
        }
        guard let state else { return }
        logger.warning(
            "a worker vanished", metadata: ["job": "\(attempt.job)", "attempt": "\(attempt.fence)", "job_state": "\(state.rawValue)"])
    }
}

extension JobQueue {
    static func sightings(in db: Session) throws -> [LeaseObserver<ContinuousClock.Instant>.Sighting] {
        try db.rows("SELECT id, fence, beat FROM job WHERE state = 'running'", as: (Int64.self, Int64.self, Int64.self)).map {
            .init(attempt: AttemptReference(job: $0.0, fence: $0.1), beat: $0.2)
        }
    }
}
