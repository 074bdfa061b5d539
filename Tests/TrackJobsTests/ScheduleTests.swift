import FoundationEssentials
import Logging
import Postgres
import Testing
import TrackCore
import TrackStore
import TrackTestSupport

@testable import TrackJobs

extension Workshop {
    func request(
        _ name: String = "weekly", zone: String = "Europe/Berlin", weekday: Int = 1, at: String = "06:00", domainSet: String = "held-out",
        lineages: [String] = [], enabled: Bool = true
    ) -> ScheduleRequest {
        ScheduleRequest(
            name: name, timeZone: zone, isoWeekday: weekday, at: at, domainSet: domainSet, lineages: lineages, enabled: enabled)
    }

    @discardableResult
    func schedule(_ request: ScheduleRequest) async throws -> ScheduleView {
        try await write { try ScheduleStore.upsert(request, by: "test", in: $0) }
    }

    /// Moves the schedule's next slot back by whole weeks, as if nobody had looked for so long.
    func neglect(weeks: Int, _ name: String = "weekly") async throws {
        _ = try await write { db in
            try db.execute(
                """
                UPDATE schedule SET next_slot = next_slot - 7 * \(weeks)::int,
                       next_at = local_to_instant((next_slot - 7 * \(weeks)::int) + at_local, time_zone)
                WHERE name = \(name)
                """)
        }
    }

    func fire(_ name: String = "weekly", at instant: Date? = nil) async throws -> [ScheduleStore.Firing] {
        try await write { db in
            let id = try db.one("SELECT id FROM schedule WHERE name = \(name)", as: (Int64.self))
            return try ScheduleStore.fire(id, plan, at: instant, in: db)
        }
    }

    func view(_ name: String = "weekly") async throws -> ScheduleView {
        try #require(try await database.read("test") { try ScheduleStore.list(named: name, in: $0) }.first)
    }

    /// A moment shortly after the schedule's next slot.
    func nextMoment(_ name: String = "weekly", after seconds: Double = 60) async throws -> Date {
        try await view(name).nextAt.date.addingTimeInterval(seconds)
    }
}

@Suite struct ScheduleTests {
    @Test("a schedule is shown as it was asked for, with its next slot in the future")
    func upsert() async throws {
        try await Workshop.open { shop in
            let view = try await shop.schedule(shop.request(lineages: ["llama"]))
            #expect(view.name == "weekly" && view.timeZone == "Europe/Berlin" && view.isoWeekday == 1 && view.at == "06:00")
            #expect(view.domainSet == "held-out" && view.lineages == ["llama"] && view.enabled && view.occurrences.isEmpty)
            #expect(view.nextAt.date > Date() && view.nextAt.date < Date().addingTimeInterval(7 * 86_400 + 7200))
            let again = try await shop.schedule(shop.request(at: "07:30", lineages: []))
            #expect(again.at == "07:30" && again.lineages == [])
            #expect(try await shop.count("SELECT count(*) FROM schedule") == 1)
        }
    }

    @Test(
        "a schedule that cannot be is refused with a sentence that names what is wrong",
        arguments: [
            ("Foo5", 1, "06:00", "held-out", [], "Foo5"), ("europe/berlin", 1, "06:00", "held-out", [], "europe/berlin"),
            ("CET", 1, "06:00", "held-out", [], "CET"), ("posix/Europe/Berlin", 1, "06:00", "held-out", [], "posix"),
            ("Mars/Base", 1, "06:00", "held-out", [], "Mars/Base"), ("", 1, "06:00", "held-out", [], "no time zone"),
            ("UTC", 0, "06:00", "held-out", [], "weekday"), ("UTC", 8, "06:00", "held-out", [], "weekday"),
            ("UTC", 1, "24:00", "held-out", [], "24:00"), ("UTC", 1, "6", "held-out", [], "\"6\""),
            ("UTC", 1, "06:00", "unknown", [], "unknown"), ("UTC", 1, "06:00", "held-out", ["nobody"], "nobody"),
            ("UTC", 1, "06:00", "table", [], "table"),
        ] as [(String, Int, String, String, [String], String)])
    func refusals(zone: String, weekday: Int, at: String, domainSet: String, lineages: [String], named: String) async throws {
        try await Workshop.open(checkpoints: 1) { shop in
            _ = try await shop.write { db in
                try db.execute(
                    """
                    WITH s AS (INSERT INTO domain_set (name) VALUES ('table') RETURNING id)
                    INSERT INTO domain_set_revision (domain_set_id, number, digest, kind, split, seed)
                    SELECT id, 1, \(Digest(ofText: "table").bytes), 'summary', 'test', 1 FROM s
                    """)
            }
            let problem = await #expect(throws: Problem.self) {
                try await shop.schedule(shop.request(zone: zone, weekday: weekday, at: at, domainSet: domainSet, lineages: lineages))
            }
            #expect(problem?.detail.contains(named) == true)
            #expect(problem?.type == (["unknown", "nobody"].contains(named) ? .notFound : .invalid))
            #expect(try await shop.count("SELECT count(*) FROM schedule") == 0)
        }
    }

    @Test("a slot fires once: a job for every watched checkpoint on the newest revision, all in one transaction")
    func fires() async throws {
        try await Workshop.open { shop in
            let newest = try await shop.write { db in
                _ = try TestRecord.lineage("other", checkpoints: 2, in: db)
                return try TestRecord.revision(set: "held-out", text: "another text", in: db)
            }
            try await shop.schedule(shop.request(lineages: ["llama"]))
            try await shop.schedule(shop.request("all"))
            #expect(try await shop.fire() == [])
            let moment = try await shop.nextMoment()
            let slot = try await shop.view().nextSlot
            try await shop.write { try LineageStore.setEvaluator("gpu", of: shop.lineage, in: $0) }
            #expect(try await shop.fire(at: moment) == [.init(schedule: "weekly", slot: slot, outcome: .fired, lateBy: 60, jobs: 3)])
            // The lineage's own evaluator, not the plan's.
            let evaluators = try await shop.write { try $0.rows("SELECT DISTINCT evaluator FROM job", as: (String.self)) }
            #expect(evaluators == ["gpu"])
            #expect(try await shop.fire(at: moment) == [])
            #expect(try await shop.fire("all", at: moment).map(\.jobs) == [5])
            #expect(try await shop.count("SELECT count(*) FROM job WHERE revision_id = \(newest) AND reason = 'scheduled'") == 8)
            let view = try await shop.view()
            #expect(view.nextSlot > slot)
            let occurrence = try #require(view.occurrences.first)
            #expect(occurrence.jobs == 3 && occurrence.jobsDone == 0 && occurrence.lateBySeconds == 60 && occurrence.slot == slot)
            _ = try await shop.deliver(try #require(try await shop.claim()))
            let finished = try await shop.view().occurrences.map(\.jobsDone) + shop.view("all").occurrences.map(\.jobsDone)
            #expect(finished.sorted() == [0, 1])
        }
    }

    @Test("a checkpoint of which only reported numbers are known gets no job")
    func reported() async throws {
        for lineages in [[], ["llama"]] {
            try await Workshop.open { shop in
                _ = try await shop.write { db in
                    let reported = ReportedCheckpoint(label: "org/llama").description(name: "reported")
                    return try CheckpointStore.findOrCreate(reported, lineage: shop.lineage, parent: nil, in: db)
                }
                try await shop.schedule(shop.request(lineages: lineages))
                _ = try await shop.fire(at: try await shop.nextMoment())
                let named = try await shop.write { db in
                    try db.rows("SELECT c.name FROM job j JOIN checkpoint c ON c.id = j.checkpoint_id ORDER BY 1", as: String.self)
                }
                #expect(named == ["checkpoint-1", "checkpoint-2", "checkpoint-3"])
            }
        }
    }

    @Test("of the slots that nobody looked at the newest fires and the older ones are missed")
    func catchUp() async throws {
        try await Workshop.open { shop in
            try await shop.schedule(shop.request())
            let moment = try await shop.nextMoment(after: 3 * 86_400)
            try await shop.neglect(weeks: 3)
            let firings = try await shop.fire(at: moment)
            #expect(firings.map(\.outcome) == [.missed, .missed, .missed, .fired])
            #expect(firings.map(\.jobs) == [0, 0, 0, 3])
            #expect(firings.last?.lateBy == 259_200.0)
        }
    }

    @Test("a slot that is too late is missed, so that it never meets the next one")
    func tooLate() async throws {
        try await Workshop.open { shop in
            try await shop.schedule(shop.request(zone: "UTC"))
            #expect(try await shop.fire(at: shop.nextMoment(after: 6 * 86_400 + 1)).map(\.outcome) == [.missed])
            #expect(try await shop.fire(at: shop.nextMoment(after: 6 * 86_400)).map(\.outcome) == [.fired])
        }
    }

    @Test("while jobs of an earlier slot are unfinished the next slot is skipped, and says so")
    func overlap() async throws {
        try await Workshop.open { shop in
            try await shop.schedule(shop.request())
            #expect(try await shop.fire(at: shop.nextMoment()).map(\.outcome) == [.fired])
            #expect(try await shop.fire(at: shop.nextMoment()).map(\.outcome) == [.skippedOverlap])
            while let attempt = try await shop.claim() { _ = try await shop.deliver(attempt) }
            #expect(try await shop.fire(at: shop.nextMoment()).map(\.outcome) == [.fired])
            #expect(try await shop.view().occurrences.map(\.jobs) == [3, 0, 3])
        }
    }

    @Test("a paused schedule fires nothing; when it goes on, the slots between are written down as paused")
    func pause() async throws {
        try await Workshop.open { shop in
            try await shop.schedule(shop.request())
            try await shop.schedule(shop.request(enabled: false))
            try await shop.neglect(weeks: 2)
            #expect(try await shop.fire() == [])
            let view = try await shop.schedule(shop.request())
            #expect(view.occurrences.map(\.outcome) == [.skippedPaused, .skippedPaused])
            #expect(view.nextAt.date > Date())
            #expect(try await shop.count("SELECT count(*) FROM job") == 0)
        }
    }

    @Test("an edit never fires the past: what was due under the old rule is missed")
    func edit() async throws {
        try await Workshop.open { shop in
            try await shop.schedule(shop.request())
            try await shop.neglect(weeks: 1)
            let view = try await shop.schedule(shop.request(at: "06:01"))
            #expect(view.occurrences.map(\.outcome) == [.missed])
            #expect(view.nextAt.date > Date())
            #expect(try await shop.fire() == [])
        }
    }

    @Test("a schedule that is moved to a later hour of a day that has fired goes on to the next week")
    func movedLater() async throws {
        try await Workshop.open { shop in
            try await shop.schedule(shop.request(zone: "UTC", at: "06:00"))
            let slot = try await shop.view().nextSlot
            let moment = try await shop.nextMoment()
            _ = try await shop.fire(at: moment)
            while let attempt = try await shop.claim() { _ = try await shop.deliver(attempt) }
            try await shop.write { db in
                try db.execute("UPDATE schedule SET at_local = '23:00' WHERE name = 'weekly'")
                let id = try db.one("SELECT id FROM schedule", as: (Int64.self))
                try Slots.advance(id, after: moment, in: db)
            }
            #expect(try await shop.count("SELECT next_slot - \(slot)::date FROM schedule") == 7)
        }
    }

    @Test("many daemons at once fire a slot once", arguments: [0, 3])
    func storm(weeksBehind: Int) async throws {
        try await Workshop.open { shop in
            try await shop.schedule(shop.request())
            let moment = try await shop.nextMoment(after: 0)
            try await shop.neglect(weeks: weeksBehind)
            let firings = try await withThrowingTaskGroup(of: [ScheduleStore.Firing].self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        var mine: [ScheduleStore.Firing] = []
                        for _ in 0..<20 { mine += try await shop.fire(at: moment) }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(firings.filter { $0.outcome == .fired }.count == 1)
            #expect(firings.filter { $0.outcome == .missed }.count == weeksBehind)
            #expect(try await shop.count("SELECT count(*) FROM occurrence") == weeksBehind + 1)
            #expect(try await shop.count("SELECT count(*) FROM job") == 3)
        }
    }

    @Test("two simulated years give one slot a week", arguments: ["Europe/Berlin", "America/New_York"])
    func twoYears(zone: String) async throws {
        try await Workshop.open(checkpoints: 1) { shop in
            try await shop.schedule(shop.request(zone: zone, weekday: 7, at: "02:30"))
            for week in 1...104 {
                #expect(try await shop.fire(at: shop.nextMoment(after: 1)).map(\.outcome) == [.fired])
                _ = try await shop.deliver(try #require(try await shop.claim()))
                if week % 26 == 0 { #expect(try await shop.count("SELECT count(*) FROM occurrence") == week) }
            }
            #expect(try await shop.count("SELECT max(slot) - min(slot) FROM occurrence") == 103 * 7)
        }
    }

    @Test("a next slot that was computed while the clock stood ahead comes back to the nearest one that is not decided")
    func clockSetBack() async throws {
        try await Workshop.open { shop in
            let nearest = try await shop.schedule(shop.request())
            let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            let plan = shop.plan
            let firer = ScheduleFirer(database: shop.database, logger: quiet) { _ in plan }
            try await shop.neglect(weeks: -2)
            await firer.fireDue()
            #expect(try await shop.view().nextAt == nearest.nextAt)
            #expect(try await shop.view().nextSlot == nearest.nextSlot)
            // It fired early, while the clock stood ahead: the slot is decided, and does not fire again.
            #expect(try await shop.fire(at: shop.nextMoment()).count == 1)
            let later = try await shop.view()
            await firer.fireDue()
            #expect(try await shop.view().nextAt == later.nextAt && later.nextAt > nearest.nextAt)
        }
    }

    @Test("the firer fires what is due, and a schedule that cannot be fired stops no other")
    func firer() async throws {
        try await Workshop.open { shop in
            let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            for name in ["a", "b", "c"] { try await shop.schedule(shop.request(name)) }
            // Due an hour ago; the oldest one has a slot row with a job already, so that its own jobs cannot be made.
            try await shop.write { db in
                try db.execute("UPDATE schedule SET next_at = clock_timestamp() - interval '1 hour'")
                try db.execute("UPDATE schedule SET next_at = next_at - interval '1 hour' WHERE name = 'b'")
                try db.execute(
                    """
                    INSERT INTO job (dedupe_key, checkpoint_id, revision_id, protocol_id, reason, state, finished_at)
                    SELECT format('sched/%s/%s/%s', s.id, s.next_slot, \(shop.checkpoints[0])::bigint), \(shop.checkpoints[0]),
                           \(shop.revision), \(shop.scoring), 'manual', 'cancelled', clock_timestamp() FROM schedule s WHERE name = 'b'
                    """)
            }
            let firer = ScheduleFirer(database: shop.database, logger: quiet) { _ in shop.plan }
            await firer.fireDue()
            let fired = try await shop.database.read("test") { db in
                try db.rows("SELECT s.name FROM occurrence o JOIN schedule s ON s.id = o.schedule_id ORDER BY 1", as: (String.self))
            }
            #expect(fired == ["a", "c"])
            _ = try await shop.write { try $0.execute("DELETE FROM job WHERE reason = 'manual'") }
            await firer.fireDue()
            #expect(try await shop.count("SELECT count(*) FROM job") == 9)
        }
    }
}
