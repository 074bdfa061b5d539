import FoundationEssentials
import Postgres
import TrackCore

/// The slots of a schedule: local dates and their instants, computed by the database's own knowledge of time zones, and the decision for
/// each (table `occurrence`).
enum Slots {
    struct Slot: Hashable, Sendable {
        /// The local date, `2026-11-23`.
        var date: String
        var dueAt: TrackCore.Timestamp
    }

    /// The slots that are due and not decided, the oldest first. Bounded: 520 weeks are ten years.
    static func due(of schedule: Int64, at now: Date, in db: Session) throws -> [Slot] {
        try db.rows(
            """
            WITH RECURSIVE due AS (
              SELECT next_slot AS slot, next_at AS due_at, 1 AS count FROM schedule WHERE id = \(schedule) AND next_at <= \(now)
              UNION ALL
              SELECT n.slot, n.due_at, d.count + 1 FROM due d JOIN schedule s ON s.id = \(schedule)
              CROSS JOIN LATERAL next_weekly(d.due_at, s.time_zone, s.iso_weekday, s.at_local) n
              WHERE n.due_at <= \(now) AND d.count < 520
            ) SELECT slot::text, due_at FROM due ORDER BY due_at
            """, as: (String.self, TrackCore.Timestamp.self)
        ).map { Slot(date: $0.0, dueAt: $0.1) }
    }

    /// Writes the decision for a slot.
    ///
    /// - Parameter refresh: what became of the refresh of the domain set, in words.
    /// - Returns: whether it was this call that decided; false when the slot has its row already.
    static func decide(
        _ slot: Slot, of schedule: Int64, _ outcome: OccurrenceView.Outcome, refresh: String? = nil, at now: Date, by decider: String,
        in db: Session
    ) throws -> Bool {
        try db.execute(
            """
            INSERT INTO occurrence (schedule_id, slot, due_at, outcome, decided_at, decided_by, late_by, refresh)
            VALUES (\(schedule), \(slot.date)::date, \(slot.dueAt), \(outcome.rawValue), \(now), \(decider),
                    \(now)::timestamptz - \(slot.dueAt)::timestamptz, \(refresh))
            ON CONFLICT (schedule_id, slot) DO NOTHING
            """) == 1
    }

    /// Moves a schedule on to its first slot after `now` that is not decided. A slot of today can be: the schedule was moved to a later
    /// hour.
    static func advance(_ schedule: Int64, after now: Date, in db: Session) throws {
        var after = now
        while true {
            let next = try db.one(
                """
                SELECT n.slot::text, n.due_at, EXISTS (SELECT FROM occurrence o WHERE o.schedule_id = s.id AND o.slot = n.slot)
                FROM schedule s CROSS JOIN LATERAL next_weekly(\(after), s.time_zone, s.iso_weekday, s.at_local) n WHERE s.id = \(schedule)
                """, as: (String.self, Date.self, Bool.self))
            guard next.2 else {
                try db.execute("UPDATE schedule SET next_slot = \(next.0)::date, next_at = \(next.1) WHERE id = \(schedule)")
                return
            }
            after = next.1
        }
    }
}
