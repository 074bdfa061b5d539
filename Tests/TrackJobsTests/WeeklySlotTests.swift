import FoundationEssentials
import Postgres
import Testing
import TrackCore
import TrackTestSupport

@testable import TrackJobs

/// The rule of RFC 5545 (section 3.3.5 with erratum 4271): a time in a gap is taken with the offset before it, a time that comes twice is
/// the first one. The expected instants are worked out by hand from the offsets of the tz database.
@Suite struct WeeklySlotTests {
    @Test(
        "a local time is one instant, also where clocks jump",
        arguments: [
            // Berlin, 2026-03-29: 02:00 CET (+1) becomes 03:00 CEST (+2).
            ("2026-03-29 01:59", "Europe/Berlin", "2026-03-29T00:59:00.000Z"),
            ("2026-03-29 02:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"),
            ("2026-03-29 03:00", "Europe/Berlin", "2026-03-29T01:00:00.000Z"),
            // Berlin, 2026-10-25: 03:00 CEST becomes 02:00 CET, so 02:30 comes twice.
            ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"),
            ("2026-10-25 01:59", "Europe/Berlin", "2026-10-24T23:59:00.000Z"),
            ("2026-10-25 03:00", "Europe/Berlin", "2026-10-25T02:00:00.000Z"),
            // Lord Howe shifts by half an hour: 2026-10-04 02:00 (+10:30) becomes 02:30 (+11); 2026-04-05 02:00 (+11) becomes 01:30.
            ("2026-10-04 02:15", "Australia/Lord_Howe", "2026-10-03T15:45:00.000Z"),
            ("2026-04-05 01:45", "Australia/Lord_Howe", "2026-04-04T14:45:00.000Z"),
            ("2026-04-05 02:00", "Australia/Lord_Howe", "2026-04-04T15:30:00.000Z"),
            // New York, 2026-11-01: 02:00 EDT (-4) becomes 01:00 EST (-5); 2026-03-08: 02:00 EST becomes 03:00 EDT.
            ("2026-11-01 01:30", "America/New_York", "2026-11-01T05:30:00.000Z"),
            ("2026-03-08 02:30", "America/New_York", "2026-03-08T07:30:00.000Z"),
            // Apia left out 2011-12-30 when it went from -10 to +14.
            ("2011-12-29 06:00", "Pacific/Apia", "2011-12-29T16:00:00.000Z"),
            ("2011-12-30 06:00", "Pacific/Apia", "2011-12-30T16:00:00.000Z"),
            ("2011-12-31 06:00", "Pacific/Apia", "2011-12-30T16:00:00.000Z"),
            ("2026-06-01 00:00", "UTC", "2026-06-01T00:00:00.000Z"),
        ])
    func instants(local: String, zone: String, expected: String) async throws {
        let instant = try await withTestDatabase { database in
            try await database.read("test") { try $0.one("SELECT local_to_instant(\(local)::timestamp, \(zone))", as: (Timestamp.self)) }
        }
        #expect(instant.description == expected)
    }

    private static let zones = [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo", "Pacific/Apia", "UTC",
    ]

    /// Checked with nothing of next_weekly: the local dates are 7 days apart, and the wall clock of each instant shows the wanted time,
    /// except in a gap.
    @Test("over two years every week has one slot at its local time, whatever the connection's own zone", arguments: zones)
    func twoYears(zone: String) async throws {
        try await withTestDatabase { database in
            for at in ["00:00", "02:30", "06:00", "23:59"] {
                for connection in ["UTC", "Pacific/Apia"] {
                    let slots = try await Self.slots(zone: zone, at: at, connection: connection, in: database)
                    #expect(slots.count == 104)
                    for (index, slot) in slots.enumerated() {
                        if index > 0 { #expect(slot.days == slots[index - 1].days + 7) }
                        #expect(slot.wall == at || (at == "02:30" && (slot.wall == "03:30" || slot.wall == "03:00")), "\(slot)")
                    }
                    #expect(slots.allSatisfy { $0.weekday == 7 })
                }
            }
        }
    }

    private static func slots(
        zone: String, at: String, connection: String, in database: Database
    ) async throws -> [(days: Int, wall: String, weekday: Int)] {
        try await database.read("test") { db in
            try db.execute("SELECT set_config('TimeZone', \(connection), true)")
            return try db.rows(
                """
                WITH RECURSIVE slots AS (
                  SELECT n.slot, n.due_at, 1 AS n FROM next_weekly('2026-01-01T00:00:00Z'::timestamptz, \(zone), 7, \(at)::time) n
                  UNION ALL
                  SELECT n.slot, n.due_at, s.n + 1 FROM slots s CROSS JOIN LATERAL next_weekly(s.due_at, \(zone), 7, \(at)::time) n
                  WHERE s.n < 104
                ) SELECT slot - '2000-01-01'::date, to_char(due_at AT TIME ZONE \(zone), 'HH24:MI'), extract(isodow FROM slot)::int
                FROM slots ORDER BY slot
                """, as: (Int.self, String.self, Int.self)
            ).map { (days: $0.0, wall: $0.1, weekday: $0.2) }
        }
    }

    @Test("a slot is strictly after the given moment")
    func strictlyAfter() async throws {
        let next = try await withTestDatabase { database in
            try await database.read("test") { db in
                try db.one(
                    """
                    SELECT (SELECT slot::text FROM next_weekly('2026-11-23T05:00:00Z', 'Europe/Berlin', 1, '06:00')),
                           (SELECT slot::text FROM next_weekly('2026-11-23T04:59:59Z', 'Europe/Berlin', 1, '06:00'))
                    """, as: (String.self, String.self))
            }
        }
        #expect(next == ("2026-11-30", "2026-11-23"))
    }

    @Test("a day that the connection's own zone left out is still a day elsewhere")
    func missingDay() async throws {
        let next = try await withTestDatabase { database in
            try await database.read("test") { db in
                try db.execute("SELECT set_config('TimeZone', 'Pacific/Apia', true)")
                return try db.one("SELECT slot::text FROM next_weekly('2011-12-28T00:00:00Z', 'UTC', 5, '06:00')", as: (String.self))
            }
        }
        #expect(next == "2011-12-30")
    }

    @Test("a wall clock shows 00:00 to 23:59")
    func wallTimes() {
        for hour in 0..<24 {
            for minute in 0..<60 {
                let text = (hour < 10 ? "0" : "") + "\(hour):" + (minute < 10 ? "0" : "") + "\(minute)"
                #expect(WallTime.isValid(text))
            }
        }
        for text in ["24:00", "12:60", "6:00", "06:0", "0600", "06:00:00", "", "ab:cd", "-1:00", "06.00", "１2:00"] {
            #expect(!WallTime.isValid(text))
        }
    }

    @Test("what becomes of a slot follows from how late it is and what still runs")
    func decisions() {
        for late in [0.0, 1, 99, 100] {
            #expect(SlotDecision.outcome(lateBy: late, window: 100, isBusy: false) == .fired)
            #expect(SlotDecision.outcome(lateBy: late, window: 100, isBusy: true) == .skippedOverlap)
        }
        for isBusy in [true, false] { #expect(SlotDecision.outcome(lateBy: 100.1, window: 100, isBusy: isBusy) == .missed) }
    }
}
