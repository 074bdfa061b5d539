import FoundationEssentials
import Logging
import Postgres
import Testing
import TrackCore
import TrackStore
import TrackTestSupport

@testable import TrackJobs

@Suite struct RefreshTests {
    /// Makes the next revision as a refresh of the first.
    private static func refresh(_ shop: Workshop) async throws -> Int64 {
        try await shop.write { db in
            let revision = try TestRecord.revision(set: "held-out", text: "a fresh text", in: db)
            try db.execute("UPDATE domain_set_revision SET refreshed_from = \(shop.revision) WHERE id = \(revision)")
            return revision
        }
    }

    private static func jobs(_ shop: Workshop) async throws -> [String] {
        try await shop.database.read("test") { db in
            try db.rows(
                """
                SELECT c.name || ' on ' || v.number FROM job j JOIN checkpoint c ON c.id = j.checkpoint_id
                JOIN domain_set_revision v ON v.id = j.revision_id ORDER BY 1
                """, as: String.self)
        }
    }

    @Test("after a refresh every checkpoint is queued on the new revision, and the baseline once on the one before")
    func anchors() async throws {
        try await Workshop.open { shop async throws in
            _ = try await Self.refresh(shop)
            try await shop.schedule(shop.request())
            let firings = try await shop.fire(at: try await shop.nextMoment())
            #expect(firings.map(\.jobs) == [4])
            #expect(
                try await Self.jobs(shop) == ["checkpoint-1 on 1", "checkpoint-1 on 2", "checkpoint-2 on 2", "checkpoint-3 on 2"])
            // A week later all is done, and the anchor is not due again.
            try await shop.write { db in
                _ = try db.execute("UPDATE job SET state = 'cancelled', finished_at = clock_timestamp()")
            }
            let again = try await shop.fire(at: try await shop.nextMoment())
            #expect(again.map(\.jobs) == [3])
        }
    }

    @Test("a baseline that was scored on the revision before is not scored on it again")
    func known() async throws {
        try await Workshop.open { shop async throws in
            try await shop.write { db in
                try TestRecord.run(
                    RunID(UUID()), checkpoint: shop.checkpoints[0], revision: shop.revision, scoring: shop.scoring, in: db)
            }
            _ = try await Self.refresh(shop)
            try await shop.schedule(shop.request(lineages: ["llama"]))
            #expect(try await shop.fire(at: try await shop.nextMoment()).map(\.jobs) == [3])
        }
    }

    @Test("a baseline that was scored under another protocol is scored once more under this one")
    func otherProtocol() async throws {
        try await Workshop.open { shop async throws in
            try await shop.write { db in
                let other = try ProtocolStore.id(of: ScoringProtocol(context: 99), in: db)
                try TestRecord.run(RunID(UUID()), checkpoint: shop.checkpoints[0], revision: shop.revision, scoring: other, in: db)
            }
            _ = try await Self.refresh(shop)
            try await shop.schedule(shop.request())
            #expect(try await shop.fire(at: try await shop.nextMoment()).map(\.jobs) == [4])
        }
    }

    @Test("a revision that is no refresh has no anchor, nor has a lineage that is not watched or a baseline without weights")
    func noAnchor() async throws {
        try await Workshop.open { shop async throws in
            try await shop.schedule(shop.request(lineages: ["llama"]))
            try await shop.write { db in
                _ = try TestRecord.lineage("elsewhere", checkpoints: 1, in: db)
                _ = try db.execute("UPDATE checkpoint SET uri = 'reported:llama' WHERE id = \(shop.checkpoints[0])")
            }
            #expect(try await shop.fire(at: try await shop.nextMoment()).map(\.jobs) == [2])
            try await shop.write { db in
                _ = try db.execute("UPDATE job SET state = 'cancelled', finished_at = clock_timestamp()")
            }
            _ = try await Self.refresh(shop)
            #expect(try await shop.fire(at: try await shop.nextMoment()).map(\.jobs) == [2])
            #expect(
                try await Self.jobs(shop) == ["checkpoint-2 on 1", "checkpoint-2 on 2", "checkpoint-3 on 1", "checkpoint-3 on 2"])
        }
    }

    @Test("the baseline is scored by its lineage's own evaluator, as its other runs are")
    func evaluator() async throws {
        try await Workshop.open { shop async throws in
            try await shop.write { db in
                _ = try db.execute("UPDATE lineage SET evaluator = 'vllm' WHERE id = \(shop.lineage)")
            }
            _ = try await Self.refresh(shop)
            try await shop.schedule(shop.request())
            _ = try await shop.fire(at: try await shop.nextMoment())
            #expect(try await shop.count("SELECT count(*) FROM job WHERE evaluator = 'vllm'") == 4)
        }
    }

    @Test("of several slots that are due, the newest has the words of the refresh")
    func newestSlot() async throws {
        try await Workshop.open { shop async throws in
            try await shop.schedule(shop.request())
            try await shop.neglect(weeks: 2)
            let plan = shop.plan
            let firer = ScheduleFirer(
                database: shop.database, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
                refresh: { _ in "Nothing is new." }, plan: { _ in plan })
            await firer.fireDue()
            let occurrences = try await shop.view().occurrences
            #expect(occurrences.count > 1)
            #expect(occurrences.map(\.refresh) == ["Nothing is new."] + occurrences.dropFirst().map { _ in nil })
        }
    }

    @Test("the firer refreshes before it fires, and the slot keeps in words what became of it")
    func words() async throws {
        try await Workshop.open { shop async throws in
            try await shop.schedule(shop.request())
            try await shop.neglect(weeks: 1)
            let plan = shop.plan
            let firer = ScheduleFirer(
                database: shop.database, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
                refresh: { _ in
                    let made = try? await Self.refresh(shop)
                    return made == nil ? "failed" : "held-out@2 was made"
                }, plan: { _ in plan })
            await firer.fireDue()
            let occurrences = try await shop.view().occurrences
            #expect(occurrences.map(\.refresh) == ["held-out@2 was made"])
            #expect(try await Self.jobs(shop).contains("checkpoint-2 on 2"))
        }
    }
}
