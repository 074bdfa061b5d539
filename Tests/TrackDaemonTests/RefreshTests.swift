import FoundationEssentials
import Logging
import Postgres
import Testing
import TrackClient
import TrackCore
import TrackReview
import TrackStore
import TrackTestSupport

@testable import TrackDaemon
@testable import TrackJobs

/// A folder that receives documents.
final class Inbox: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path(percentEncoded: false) + "/track-inbox-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func receive(_ name: String, _ text: String) throws {
        let parts = (path + "/" + name).split(separator: "/").dropLast()
        try FileManager.default.createDirectory(atPath: "/" + parts.joined(separator: "/"), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
    }
}

@Suite struct DomainRefresherTests {
    private static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private static func open(_ body: (Database, DomainRefresher, Inbox) async throws -> Void) async throws {
        try await withTestDatabase { database in
            _ = try await database.write("test") { db in try TestRecord.revision(set: "heldout", in: db) }
            let inbox = try Inbox()
            let refresher = DomainRefresher(database: database, uploads: FileManager.default.temporaryDirectory.path, logger: quiet)
            try await body(database, refresher, inbox)
        }
    }

    private static func newest(_ database: Database) async throws -> DomainSetRevision {
        try await database.read("test") { db in try DomainSetStore.latest(of: "heldout", in: db).revision }
    }

    @Test("new documents join the set once, in domains old and new, and the same folder again makes no revision")
    func now() async throws {
        try await Self.open { database, refresher, inbox async throws in
            try inbox.receive("news/agency/monday.txt", "fresh news")
            try inbox.receive("mail/letters.jsonl", #"{"text": "a letter"}"# + "\n" + #"{"text": "another letter"}"# + "\n")
            let request = RefreshRequest(folder: inbox.path, keep: .all, when: .now)
            let first = try await refresher.refresh("heldout", request, by: .daemon)
            #expect(first.created && first.fresh == 3)
            #expect(first.revision.number == 2 && first.revision.refreshedFrom == 1)
            #expect(first.revision.domains.map { "\($0.name) \($0.documents)" } == ["legal/contracts 1", "mail/letters 2", "news/agency 2"])
            let again = try await refresher.refresh("heldout", request, by: .daemon)
            #expect(!again.created && again.fresh == 0 && again.revision.number == 2)
            #expect(try await Self.newest(database).number == 2)
        }
    }

    @Test("without the old documents only what lies in the folder is in the set")
    func replace() async throws {
        try await Self.open { database, refresher, inbox async throws in
            try inbox.receive("news/agency/monday.txt", "fresh news")
            let answer = try await refresher.refresh("heldout", RefreshRequest(folder: inbox.path, keep: .none, when: .now), by: .daemon)
            #expect(answer.revision.domains.map { "\($0.name) \($0.documents)" } == ["news/agency 1"])
            let texts = try await database.read("test") { db in
                let id = try DomainSetStore.latest(of: "heldout", in: db).id
                return try DomainSetStore.documents(revision: id, after: nil, limit: 10, in: db).map(\.line.content)
            }
            #expect(texts == [.text("fresh news")])
        }
    }

    @Test("before a slot the set's own folder is read; what goes wrong is told in words and stops nothing")
    func slot() async throws {
        try await Self.open { database, refresher, inbox async throws in
            let schedule = try await database.write("test") { db in
                _ = try ScheduleStore.upsert(
                    ScheduleRequest(
                        name: "weekly", timeZone: "UTC", isoWeekday: 1, at: "06:00", domainSet: "heldout", lineages: [], enabled: true),
                    by: "test", in: db)
                return try db.one("SELECT id FROM schedule", as: Int64.self)
            }
            #expect(await refresher.refreshForSlot(ofSchedule: schedule) == nil)
            try inbox.receive("news/agency/monday.txt", "fresh news")
            let kept = try await refresher.refresh("heldout", RefreshRequest(folder: inbox.path, keep: .all, when: .everySlot), by: .daemon)
            #expect(!kept.created && kept.revision.number == 1)
            #expect(
                await refresher.refreshForSlot(ofSchedule: schedule)
                    == "heldout@2 was made with 1 new documents from \(inbox.path).")
            #expect(await refresher.refreshForSlot(ofSchedule: schedule) == "Nothing is new in \(inbox.path).")
            try FileManager.default.removeItem(atPath: inbox.path)
            let words = try #require(await refresher.refreshForSlot(ofSchedule: schedule))
            #expect(words == "heldout was not refreshed: There is nothing at \(inbox.path).")
            #expect(try await Self.newest(database).number == 2)
            _ = try await refresher.refresh("heldout", RefreshRequest(folder: nil, keep: .all, when: .never), by: .daemon)
            #expect(await refresher.refreshForSlot(ofSchedule: schedule) == nil)
        }
    }

    @Test("a folder that is not there, or is not named whole, is refused when it is named")
    func refused() async throws {
        try await Self.open { database, refresher, _ async throws in
            for folder in ["/nowhere/at/all", "relative", nil] {
                for when in [RefreshRequest.When.now, .everySlot] {
                    let problem = await #expect(throws: Problem.self) {
                        try await refresher.refresh("heldout", RefreshRequest(folder: folder, keep: .all, when: when), by: .daemon)
                    }
                    #expect(problem?.type == .invalid)
                }
            }
            #expect(try await database.read("test") { try $0.one("SELECT count(*) FROM domain_set_refresh", as: Int.self) } == 0)
        }
    }
}

extension DaemonTests {
    @Suite struct FreshnessTests {
        @Test("over the Unix socket: a refresh, the power of its revision, and a check that is kept with it")
        func routes() async throws {
            let daemon = try Site.here.shared
            let inbox = try Inbox()
            try inbox.receive("news/agency/today.txt", "what is new in freshness")
            try await daemon.with { client in
                let evaluations = try await Evaluations("freshness", client: client)
                for step: Int64 in [0, 10] { try await evaluations.add(step, client: client) }
                for step: Int64 in [0, 10] { #expect(try await client.record(evaluations.run(step)) == .accepted) }
                let power = try await client.power(of: "freshness", number: nil)
                #expect(power.domains.map(\.basis) == [.pair, .pair, .pair])
                #expect(power.domains.map(\.tokens) == [800, 800, 800])
                let refreshed = try await client.refresh("freshness", RefreshRequest(folder: inbox.path, keep: .all, when: .now))
                #expect(refreshed.created && refreshed.revision.number == 2)
                var documents = 0
                try await client.documentLines(of: refreshed.revision.digest) { _, _ in documents += 1 }
                #expect(documents == 121)
                let unevaluated = try await client.power(of: "freshness", number: 2)
                #expect(unevaluated.run == nil && unevaluated.domains.allSatisfy { $0.basis == .published && $0.tokens == nil })
                #expect(unevaluated.levelChanges == nil && refreshed.levelChanges == nil)
                var anchor = evaluations.run(0, factors: [1, 1.1, 1])
                anchor.revision = refreshed.revision.digest
                #expect(try await client.record(evaluations.onRefreshed(anchor)) == .accepted)
                let change = try #require(try await client.power(of: "freshness", number: nil).levelChanges?.first)
                #expect(change.checkpoint == "freshness/checkpoint-0" && change.domains == 2)
                #expect([change.before.domainSet, change.after.domainSet] == ["freshness@1", "freshness@2"] && change.theta > 0)
                #expect(try await client.power(of: "freshness", number: 1).levelChanges == nil)
                let again = try await client.refresh("freshness", RefreshRequest(folder: inbox.path, keep: .all, when: .now))
                #expect(!again.created && again.levelChanges == [change])
                let card = try #require(try await client.publishScorecards(ReportRequest(lineage: "freshness", week: nil)).first)
                let twin = try WireCoding.decode(Scorecard.self, from: try Data(contentsOf: URL(filePath: card.jsonPath)))
                #expect(twin.levelChange == change)
                #expect(twin.attention.contains { $0.text.hasPrefix("freshness@2 took the place of freshness@1: the unchanged freshness/") })
                let check = Decontamination(
                    against: ["/data/train"], digest: Digest(ofText: "train"), files: 1, bytes: 9, minimumWords: 13,
                    falsePositiveRate: 1e-5,
                    paragraphs: 0, paragraphsFound: 0, documents: 121, documentsFound: 0, documentsUnchecked: 121, treatment: .drop,
                    checkedAt: Timestamp(milliseconds: 1000))
                let kept = try await client.addDecontamination(check, to: refreshed.revision.digest)
                #expect(kept.decontaminations == [check])
                #expect(try await client.revisions(of: "freshness").first?.decontaminations == [check])
            }
            let unknown = try await daemon.refusal { _ = try await $0.power(of: "freshness", number: 7) }
            #expect(unknown?.type == .notFound)
        }
    }
}
