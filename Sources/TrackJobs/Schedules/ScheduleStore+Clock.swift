import FoundationEssentials
import Postgres

extension ScheduleStore {
    /// Brings schedules back to their nearest undecided slot whose next one was computed while the clock stood ahead: the weeks between
    /// would else pass without a row, and nobody would know.
    ///
    /// - Returns: the names of those schedules.
    static func returnToClock(in db: Session) throws -> [String] {
        let now = try db.one("SELECT clock_timestamp()", as: (Date.self))
        let ahead = try db.rows(
            """
            SELECT s.id, s.name FROM schedule s CROSS JOIN LATERAL next_weekly(\(now), s.time_zone, s.iso_weekday, s.at_local) n
            WHERE s.enabled AND s.next_at > n.due_at
              AND NOT EXISTS (SELECT FROM occurrence o WHERE o.schedule_id = s.id AND o.slot = n.slot)
            ORDER BY s.id FOR UPDATE OF s SKIP LOCKED
            """, as: (Int64.self, String.self))
        for (schedule, _) in ahead { try Slots.advance(schedule, after: now, in: db) }
        return ahead.map { $0.1 }
    }
}
