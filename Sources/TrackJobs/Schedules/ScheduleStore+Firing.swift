package import FoundationEssentials
package import Postgres
package import TrackCore

extension ScheduleStore {
    /// How the jobs of a slot are made.
    package struct FiringPlan: Hashable, Sendable {
        /// The id of the protocol.
        package var scoring: Int64
        /// Of the lineages that have none of their own.
        package var evaluator: String
        /// Who decides, for the record: a daemon's host and process.
        package var decider: String

        package init(scoring: Int64, evaluator: String, decider: String) {
            self.scoring = scoring
            self.evaluator = evaluator
            self.decider = decider
        }
    }

    /// A slot that was decided.
    package struct Firing: Hashable, Sendable {
        package let schedule: String
        package let slot: String
        package let outcome: OccurrenceView.Outcome
        /// Seconds.
        package let lateBy: Double
        package let jobs: Int
    }

    /// The schedules that have a slot to decide, the longest waiting first.
    package static func due(in db: Session) throws -> [Int64] {
        try db.rows("SELECT id FROM schedule WHERE enabled AND next_at <= clock_timestamp() ORDER BY next_at", as: (Int64.self))
    }

    /// Decides every slot of a schedule that is due, with the jobs of the one that fires, in this transaction. The newest slot fires if it
    /// is not too late and nothing of an earlier one is unfinished; older ones are missed. Any number of daemons may try: the schedule's
    /// row is taken by one of them, and a slot has one row.
    ///
    /// - Parameters:
    ///   - refresh: what became of the refresh of the domain set before, in words; it is written down with the newest slot.
    ///   - instant: the time; the database's own when nil.
    /// - Returns: what was decided, the oldest slot first; empty when the schedule is not due or somebody else is at it.
    package static func fire(
        _ schedule: Int64, _ plan: FiringPlan, refresh: String? = nil, at instant: Date? = nil, in db: Session
    ) throws -> [Firing] {
        let taken = try db.first(
            """
            SELECT s.name, s.domain_set_id, extract(epoch FROM s.catchup_window)::float8, n.at
            FROM schedule s CROSS JOIN (SELECT coalesce(\(instant)::timestamptz, clock_timestamp()) AS at) n
            WHERE s.id = \(schedule) AND s.enabled AND s.next_at <= n.at FOR UPDATE OF s SKIP LOCKED
            """, as: (String.self, Int64.self, Double.self, Date.self))
        guard let (name, domainSet, window, now) = taken else { return [] }
        let slots = try Slots.due(of: schedule, at: now, in: db)
        var firings: [Firing] = []
        for (index, slot) in slots.enumerated() {
            let lateBy = Double(TrackCore.Timestamp(now).milliseconds - slot.dueAt.milliseconds) / 1000
            let isNewest = index == slots.count - 1
            let outcome = isNewest
                ? SlotDecision.outcome(lateBy: lateBy, window: window, isBusy: try isBusy(schedule, in: db)) : .missed
            guard try Slots.decide(
                slot, of: schedule, outcome, refresh: isNewest ? refresh : nil, at: now, by: plan.decider, in: db)
            else { continue }
            let jobs = outcome == .fired
                ? try queueJobs(of: schedule, slot: slot.date, domainSet: domainSet, plan, in: db)
                    + queueAnchors(of: schedule, slot: slot.date, domainSet: domainSet, plan, in: db) : 0
            firings.append(Firing(schedule: name, slot: slot.date, outcome: outcome, lateBy: lateBy, jobs: jobs))
        }
        try Slots.advance(schedule, after: now, in: db)
        return firings
    }

    private static func isBusy(_ schedule: Int64, in db: Session) throws -> Bool {
        try db.one(
            "SELECT EXISTS (SELECT FROM job WHERE schedule_id = \(schedule) AND state IN ('queued', 'running'))", as: (Bool.self))
    }

    /// A job for every checkpoint of the watched lineages that has weights on the newest revision of the domain set.
    private static func queueJobs(
        of schedule: Int64, slot: String, domainSet: Int64, _ plan: FiringPlan, in db: Session
    ) throws -> Int {
        try db.execute(
            """
            INSERT INTO job (dedupe_key, schedule_id, slot, checkpoint_id, revision_id, protocol_id, reason, evaluator, priority)
            SELECT format('sched/%s/%s/%s', \(schedule)::bigint, \(slot)::date, c.id), \(schedule), \(slot)::date, c.id, v.id,
                   \(plan.scoring), 'scheduled', coalesce(l.evaluator, \(plan.evaluator)), \(Priority.scheduled)
            FROM checkpoint c JOIN lineage l ON l.id = c.lineage_id CROSS JOIN (
              SELECT id FROM domain_set_revision WHERE domain_set_id = \(domainSet) AND kind = 'documents' ORDER BY number DESC LIMIT 1
            ) v
            WHERE c.uri NOT LIKE 'reported:%' AND (
              NOT EXISTS (SELECT FROM schedule_lineage WHERE schedule_id = \(schedule))
              OR c.lineage_id IN (SELECT lineage_id FROM schedule_lineage WHERE schedule_id = \(schedule)))
            ORDER BY c.lineage_id, c.step NULLS LAST, c.id
            """)
    }

    /// After a refresh the baseline of every watched lineage is scored on the revision before too, once for ever: the level of the one
    /// is then known beside that of the other. It is the new revision's run, not this one, that is due every week.
    private static func queueAnchors(
        of schedule: Int64, slot: String, domainSet: Int64, _ plan: FiringPlan, in db: Session
    ) throws -> Int {
        try db.execute(
            """
            INSERT INTO job (dedupe_key, schedule_id, slot, checkpoint_id, revision_id, protocol_id, reason, evaluator, priority)
            SELECT format('anchor/%s/%s/%s', l.baseline, v.refreshed_from, \(plan.scoring)::bigint), \(schedule), \(slot)::date, l.baseline,
                   v.refreshed_from, \(plan.scoring), 'scheduled', coalesce(l.evaluator, \(plan.evaluator)), \(Priority.scheduled)
            FROM lineage l JOIN checkpoint c ON c.id = l.baseline CROSS JOIN (
              SELECT refreshed_from FROM domain_set_revision WHERE domain_set_id = \(domainSet) AND kind = 'documents'
              ORDER BY number DESC LIMIT 1
            ) v
            WHERE v.refreshed_from IS NOT NULL AND c.uri NOT LIKE 'reported:%'
              AND (NOT EXISTS (SELECT FROM schedule_lineage WHERE schedule_id = \(schedule))
                OR l.id IN (SELECT lineage_id FROM schedule_lineage WHERE schedule_id = \(schedule)))
              AND NOT EXISTS (
                SELECT FROM evaluation_run r
                WHERE r.checkpoint_id = l.baseline AND r.revision_id = v.refreshed_from AND r.protocol_id = \(plan.scoring))
            ON CONFLICT (dedupe_key) DO NOTHING
            """)
    }
}
