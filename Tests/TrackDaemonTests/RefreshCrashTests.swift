import FoundationEssentials
import Postgres
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    /// A slot that refreshes its domain set first, and a daemon that dies in between.
    @Suite struct RefreshCrashTests {
        @Test("killed between the refresh and the firing of its slot, trackd makes one revision and one set of jobs, the baseline on both")
        func between() async throws {
            let environment = ["TRACK_SCHEDULES_POLL": "0.1"]
            let first = try await Site.here.daemon("refresh-crash", environment: environment)
            let inbox = try Inbox()
            try inbox.receive("news/agency/yesterday.txt", "what came before the crash")
            try await prepare(first, inbox)

            // The slot's row cannot be written for now. What the refresh writes is elsewhere.
            let lock = try Program(
                "/usr/bin/psql",
                [
                    "-Xq", "-h", first.folder.path + "/postgres/socket", "-U", "track", "-d", "track", "-c",
                    "BEGIN; LOCK TABLE track.occurrence IN SHARE MODE; SELECT pg_sleep(600)",
                ], environment: ["PATH": "/usr/bin:/bin"], log: first.folder.path + ".psql.log")
            defer { lock.end() }
            let isLocked = try await eventually { try await locks(first, "ShareLock", isGranted: true) == 1 ? true : nil }
            #expect(isLocked == true, "\(lock.errors)")
            try inbox.receive("news/agency/today.txt", "what is newest before the crash")
            try await first.read { db in
                _ = try db.execute("UPDATE schedule SET next_slot = next_slot - 7, next_at = clock_timestamp() - interval '1 minute'")
            }
            // Refreshed, and about to fire.
            #expect(try await eventually { try await locks(first, "RowExclusiveLock", isGranted: false) == 1 ? true : nil } == true)
            #expect(try await revisions(first) == [2, 1])
            for table in ["job", "occurrence"] { #expect(try await count(first, table) == 0) }
            try await first.kill()

            let second = try await RunningDaemon(first.folder, environment: environment)
            #expect(try await eventually { try await count(second, "occurrence") == 1 ? true : nil } == true)
            // A further look finds nothing to do.
            let slot = try await second.with { try #require(try await $0.schedules().first) }
            #expect(slot.occurrences.map(\.outcome) == [.fired] && slot.nextAt.date > Date())
            #expect(try await revisions(second) == [2, 1])
            let jobs = try await second.read { db in
                try db.rows(
                    """
                    SELECT format('%s on %s', c.name, v.number) FROM job j JOIN checkpoint c ON c.id = j.checkpoint_id
                    JOIN domain_set_revision v ON v.id = j.revision_id ORDER BY 1
                    """, as: String.self)
            }
            #expect(jobs == ["checkpoint-0 on 1", "checkpoint-0 on 2", "checkpoint-10 on 2"])
            try await second.stop()
        }

        /// A lineage of two checkpoints, and a schedule on its set, which takes in what lies in the folder.
        private func prepare(_ daemon: RunningDaemon, _ inbox: Inbox) async throws {
            try await daemon.with { client in
                let evaluations = try await Evaluations("crash", client: client)
                for step: Int64 in [0, 10] { try await evaluations.add(step, client: client) }
                _ = try await client.addSchedule(
                    ScheduleRequest(
                        name: "weekly", timeZone: "UTC", isoWeekday: 1, at: "06:00", domainSet: "crash", lineages: [], enabled: true))
                _ = try await client.refresh("crash", RefreshRequest(folder: inbox.path, keep: .all, when: .everySlot))
            }
        }

        private func revisions(_ daemon: RunningDaemon) async throws -> [Int] {
            try await daemon.with { try await $0.revisions(of: "crash") }.map(\.number)
        }

        private func count(_ daemon: RunningDaemon, _ table: String) async throws -> Int {
            try await daemon.read { db in try db.one(SQL(unchecked: "SELECT count(*) FROM \(table)"), as: Int.self) }
        }

        private func locks(_ daemon: RunningDaemon, _ mode: String, isGranted: Bool) async throws -> Int {
            try await daemon.read { db in
                try db.one(
                    """
                    SELECT count(*) FROM pg_locks
                    WHERE relation = 'occurrence'::regclass AND mode = \(mode) AND granted = \(isGranted)
                    """, as: Int.self)
            }
        }
    }
}
