import FoundationEssentials
package import Postgres
package import TrackCore
import TrackStore

/// Tables `schedule` and `schedule_lineage`.
package enum ScheduleStore {
    /// Makes a schedule, or edits the one of that name. Its next slot is the first one after now, never one of the past: slots of the old
    /// rule that are due and undecided are written down as missed, or as paused.
    ///
    /// - Throws: ``Problem`` for an unknown time zone, domain set or lineage, or a time that no clock shows.
    package static func upsert(_ request: ScheduleRequest, by decider: String, in db: Session) throws -> ScheduleView {
        try validate(request)
        let domainSet = try domainSetID(request.domainSet, in: db)
        let lineages = try request.lineages.map { try lineageID($0, in: db) }
        let now = try db.one("SELECT clock_timestamp()", as: (Date.self))
        try settlePast(of: request.name, at: now, by: decider, in: db)
        let id = try write(request, domainSet: domainSet, in: db)
        try db.execute("DELETE FROM schedule_lineage WHERE schedule_id = \(id)")
        for lineage in Set(lineages) {
            try db.execute("INSERT INTO schedule_lineage (schedule_id, lineage_id) VALUES (\(id), \(lineage))")
        }
        try Slots.advance(id, after: now, in: db)
        guard let view = try list(named: request.name, in: db).first else {
            throw Problem(.internal, "The schedule \(request.name) could not be read back after it was written.")
        }
        return view
    }

    private static func validate(_ request: ScheduleRequest) throws {
        guard Name.isValid(request.name) else {
            throw Problem(.invalid, "\"\(request.name)\" cannot name a schedule: use letters, digits, '.', '_' and '-'.")
        }
        guard (1...7).contains(request.isoWeekday) else {
            throw Problem(.invalid, "The weekday must be from 1, Monday, to 7, Sunday.")
        }
        guard WallTime.isValid(request.at) else {
            throw Problem(.invalid, "\"\(request.at)\" is no time of day: write HH:MM, from 00:00 to 23:59.")
        }
    }

    private static func domainSetID(_ name: String, in db: Session) throws -> Int64 {
        let found = try db.first(
            """
            SELECT s.id, EXISTS (SELECT FROM domain_set_revision v WHERE v.domain_set_id = s.id AND v.kind = 'documents')
            FROM domain_set s WHERE s.name = \(name)
            """, as: (Int64.self, Bool.self))
        guard let found else {
            throw Problem(.notFound, "No domain set is called \(name). `track domains list` shows those there are.")
        }
        guard found.1 else {
            throw Problem(.invalid, "The domain set \(name) holds tables of results and no documents, so nothing can be evaluated on it.")
        }
        return found.0
    }

    private static func lineageID(_ name: String, in db: Session) throws -> Int64 {
        guard let id = try db.first("SELECT id FROM lineage WHERE name = \(name)", as: (Int64.self)) else {
            throw Problem(.notFound, "No lineage is called \(name). `track list` shows those there are.")
        }
        return id
    }

    private static func settlePast(of name: String, at now: Date, by decider: String, in db: Session) throws {
        let old = try db.first("SELECT id, enabled FROM schedule WHERE name = \(name) FOR UPDATE", as: (Int64.self, Bool.self))
        guard let (id, enabled) = old else { return }
        for slot in try Slots.due(of: id, at: now, in: db) {
            _ = try Slots.decide(slot, of: id, enabled ? .missed : .skippedPaused, at: now, by: decider, in: db)
        }
    }

    private static func write(_ request: ScheduleRequest, domainSet: Int64, in db: Session) throws -> Int64 {
        do {
            return try db.one(
                """
                INSERT INTO schedule (name, time_zone, iso_weekday, at_local, domain_set_id, enabled, next_slot, next_at)
                VALUES (\(request.name), \(request.timeZone), \(request.isoWeekday), \(request.at)::time, \(domainSet), \(request.enabled),
                        'infinity', 'infinity')
                ON CONFLICT (name) DO UPDATE SET time_zone = excluded.time_zone, iso_weekday = excluded.iso_weekday,
                  at_local = excluded.at_local, domain_set_id = excluded.domain_set_id, enabled = excluded.enabled
                RETURNING id
                """, as: (Int64.self))
        } catch {
            guard error.sqlState == unknownTimeZone else { throw error }
            throw Problem(
                .invalid, "\"\(request.timeZone)\" is no time zone: write UTC or a name of the tz database, for example Europe/Berlin.")
        }
    }

    /// `invalid_parameter_value`, which the table's own check raises.
    private static let unknownTimeZone = SQLState(rawValue: "22023")
}
