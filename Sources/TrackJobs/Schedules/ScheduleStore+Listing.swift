package import Postgres
package import TrackCore
import TrackStore

extension ScheduleStore {
    /// All schedules by name, each with its newest 20 slots; or the one of that name.
    package static func list(named name: String? = nil, in db: Session) throws -> [ScheduleView] {
        let filter: SQL = name.map { "WHERE s.name = \($0)" } ?? ""
        return try db.rows(
            """
            SELECT s.id, s.name, s.time_zone, s.iso_weekday, to_char(s.at_local, 'HH24:MI') AS at, d.name AS domain_set, s.enabled,
                   s.next_slot::text, s.next_at, ARRAY (
                     SELECT l.name FROM schedule_lineage w JOIN lineage l ON l.id = w.lineage_id WHERE w.schedule_id = s.id ORDER BY l.name
                   ) AS lineages
            FROM schedule s JOIN domain_set d ON d.id = s.domain_set_id \(fragment: filter) ORDER BY s.name
            """, as: Row.self
        ).map { $0.view(occurrences: try occurrences(of: $0.id, in: db)) }
    }

    private static func occurrences(of schedule: Int64, in db: Session) throws -> [OccurrenceView] {
        try db.rows(
            """
            SELECT o.slot::text, o.due_at, o.outcome, o.decided_at, extract(epoch FROM o.late_by)::float8, count(j.id),
                   count(j.finished_at), o.refresh
            FROM (SELECT * FROM occurrence WHERE schedule_id = \(schedule) ORDER BY slot DESC LIMIT 20) o
            LEFT JOIN job j ON j.schedule_id = o.schedule_id AND j.slot = o.slot
            GROUP BY o.slot, o.due_at, o.outcome, o.decided_at, o.late_by, o.refresh ORDER BY o.slot DESC
            """,
            as: (
                String.self, TrackCore.Timestamp.self, OccurrenceView.Outcome.self, TrackCore.Timestamp.self, Double.self, Int.self,
                Int.self, String?.self
            )
        ).map {
            var view = OccurrenceView(
                slot: $0.0, dueAt: $0.1, outcome: $0.2, decidedAt: $0.3, lateBySeconds: $0.4, jobs: $0.5, jobsDone: $0.6)
            view.refresh = $0.7
            return view
        }
    }

    private struct Row: SQLRow {
        let id: Int64
        let name: String
        let timeZone: String
        let isoWeekday: Int
        let at: String
        let domainSet: String
        let enabled: Bool
        let nextSlot: String
        let nextAt: TrackCore.Timestamp
        let lineages: [String]

        init(row: inout RowReader) throws(PostgresError) {
            id = try row.read("id")
            name = try row.read("name")
            timeZone = try row.read("time_zone")
            isoWeekday = try row.read("iso_weekday")
            at = try row.read("at")
            domainSet = try row.read("domain_set")
            enabled = try row.read("enabled")
            nextSlot = try row.read("next_slot")
            nextAt = try row.read("next_at")
            lineages = try row.read("lineages")
        }

        func view(occurrences: [OccurrenceView]) -> ScheduleView {
            ScheduleView(
                name: name, timeZone: timeZone, isoWeekday: isoWeekday, at: at, domainSet: domainSet, lineages: lineages, enabled: enabled,
                nextSlot: nextSlot, nextAt: nextAt, occurrences: occurrences)
        }
    }
}

extension OccurrenceView.Outcome: SQLDecodable {}
