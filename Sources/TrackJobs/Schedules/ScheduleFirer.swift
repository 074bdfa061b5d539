package import Logging
package import Postgres
import ServiceLifecycle
import TrackCore

/// Fires the schedules that are due. Any number of daemons may run one each; none of them leads.
package struct ScheduleFirer: Service {
    private let database: Database
    private let interval: Duration
    private let plan: @Sendable (Session) throws -> ScheduleStore.FiringPlan
    private let refresh: @Sendable (Int64) async -> String?
    private let logger: Logger

    /// - Parameters:
    ///   - refresh: takes new documents into the domain set of a schedule that is about to fire, and says in words what became of that; nil
    ///     when none was due. It never stops a slot: what there is gets evaluated.
    ///   - plan: how jobs are made, asked for in the transaction that makes them.
    package init(
        database: Database, interval: Duration = .seconds(5), logger: Logger,
        refresh: @escaping @Sendable (Int64) async -> String? = { _ in nil },
        plan: @escaping @Sendable (Session) throws -> ScheduleStore.FiringPlan
    ) {
        self.database = database
        self.interval = interval
        self.refresh = refresh
        self.plan = plan
        self.logger = logger
    }

    package func run() async throws {
        await repeating(every: interval) { await fireDue() }
    }

    /// Fires what is due now, each schedule in a transaction of its own, so that one that cannot be fired stops no other.
    package func fireDue() async {
        do {
            for schedule in try await database.read("schedule.due", { try ScheduleStore.due(in: $0) }) {
                await fire(schedule)
            }
            for name in try await database.write("schedule.return-to-clock", { try ScheduleStore.returnToClock(in: $0) }) {
                logger.warning("the clock was set back; a schedule's next slot is a nearer one now", metadata: ["schedule": "\(name)"])
            }
        } catch {
            logger.warning("cannot look for due schedules", metadata: ["error": "\(error)"])
        }
    }

    private func fire(_ schedule: Int64) async {
        do {
            let refreshed = await refresh(schedule)
            let firings = try await database.write("schedule.fire") { db in
                try ScheduleStore.fire(schedule, try plan(db), refresh: refreshed, in: db)
            }
            for firing in firings { log(firing) }
        } catch {
            logger.error("cannot fire a schedule", metadata: ["schedule": "\(schedule)", "error": "\(error)"])
        }
    }

    private func log(_ firing: ScheduleStore.Firing) {
        let isFired = firing.outcome == .fired
        logger.log(
            level: isFired ? .info : .warning, isFired ? "a slot fired" : "a slot did not fire",
            metadata: [
                "schedule": "\(firing.schedule)", "slot": "\(firing.slot)", "outcome": "\(firing.outcome.rawValue)",
                "late_by_s": "\(Int(firing.lateBy))", "jobs": "\(firing.jobs)",
            ])
    }
}
