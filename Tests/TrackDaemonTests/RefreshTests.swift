import FoundationEssentials
import Logging
import Postgres
import Testing
import TrackClient
import TrackCore
import TrackEvaluators
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
            #expect(
                first.revision.domains.map { "\($0.name) \($0.documents)" } == ["legal/contracts 1", "mail/letters 2", "news/agency 2"])
            let again = try await refresher.refresh("heldout", request, by: .daemon)
            #expect(!again.created && again.fresh == 0 && again.revision.number == 2)
            #expect(try await Self.newest(database).number == 2)
        }
    }

    @Test("what the set has joins it no second time: sizes, order and origin are those of the documents")
    func content() async throws {
        try await Self.open { database, refresher, inbox async throws in
            try inbox.receive("news/agency/monday.txt", "fresh news")
            let request = RefreshRequest(folder: inbox.path, keep: .all, when: .now)
            let actor = AuditActor(name: "somebody", token: nil, requestID: nil)
            _ = try await refresher.refresh("heldout", request, by: actor)
            for number in 0..<8 { try inbox.receive("news/agency/tuesday-\(number).txt", "more news \(number)") }
            let second = try await refresher.refresh("heldout", request, by: actor)
            #expect(second.fresh == 8 && second.revision.number == 3 && second.revision.refreshedFrom == 2)
            let (digests, texts, said) = try await database.read("test") { db in
                let id = try DomainSetStore.latest(of: "heldout", in: db).id
                let lines = try DomainSetStore.documents(revision: id, after: nil, limit: 100, in: db).map(\.line)
                return (
                    try DomainSetStore.documentDigests(revision: id, domains: 2, in: db)[1],
                    lines.filter { $0.domain == 1 }.map(\.content), try AuditStore.list(before: nil, limit: 10, in: db)
                )
            }
            let domain = second.revision.domains[1]
            #expect(domain.documents == 10 && domain.bytes == texts.reduce(0) { $0 + Int64($1.byteCount) })
            #expect(domain.words == texts.reduce(0) { $0 + Int64($1.wordCount) })
            #expect(digests == SelectionOrder.permuted(digests.sorted(), domain: domain.name, seed: second.revision.seed))
            #expect(digests != SelectionOrder.permuted(digests, domain: domain.name, seed: second.revision.seed + 1))
            #expect(said.map(\.action) == ["domain-set.add", "domain-set.add"] && said.allSatisfy { $0.actor == "somebody" })
            #expect(said.first?.object == "heldout@3" && said.first?.detail["new documents"] == "8")
        }
    }

    /// As a set is whose documents were looked for in training text: those that are left keep their places.
    @Test("a folder without anything new makes no revision, in whatever order the set has its documents")
    func order() async throws {
        try await Self.open { database, refresher, inbox async throws in
            let name = try #require(DomainName("news/agency"))
            let texts = ["one", "two", "three"]
            try await database.write("test") { db in
                try DomainSetStore.addTexts(texts.map { (Digest(ofText: $0), .text($0)) }, in: db)
                let order = SelectionOrder.permuted(texts.map { Digest(ofText: $0) }, domain: name, seed: 1)
                _ = try DomainSetStore.freeze(
                    set: "heldout", kind: .documents, split: "test", seed: 1,
                    domains: [
                        .init(domain: DomainOfRevision(name: name, documents: 3, bytes: 11, words: 3), documents: order.reversed())
                    ], in: db)
            }
            try inbox.receive("news/agency/two.txt", "two")
            let request = RefreshRequest(folder: inbox.path, keep: .all, when: .now)
            let answer = try await refresher.refresh("heldout", request, by: .daemon)
            #expect(!answer.created && answer.revision.number == 2)
        }
    }

    @Test("a set of tables takes in nothing, nor does any set from a folder with damaged files")
    func unfit() async throws {
        try await Self.open { database, refresher, inbox async throws in
            _ = try await database.write("test") { db in
                try DomainSetStore.freeze(
                    set: "table", kind: .summary, split: "reported", seed: 1,
                    domains: [
                        .init(
                            domain: DomainOfRevision(name: try #require(DomainName("a/b")), documents: 0, bytes: 0, words: 0),
                            documents: [])
                    ], in: db)
            }
            try inbox.receive("news/agency/monday.txt", "fresh news")
            let request = RefreshRequest(folder: inbox.path, keep: .all, when: .now)
            let refused = await #expect(throws: Problem.self) { try await refresher.refresh("table", request, by: .daemon) }
            #expect(refused?.detail.contains("tables of results and no documents") == true)
            let damage = (0..<20).map { "damaged \($0)\n" }.joined()
            try inbox.receive("mail/letters.jsonl", damage + #"{"text": "a letter"}"#)
            let damaged = await #expect(throws: Problem.self) { try await refresher.refresh("heldout", request, by: .daemon) }
            #expect(damaged?.type == .invalid && damaged?.detail.contains("letters.jsonl:1") == true)
            #expect(try await Self.newest(database).number == 1)
        }
    }

    /// Somebody freezes another revision after the refresh has read the newest one and before it writes: the order is kept by a lock on
    /// the table that it reads in between.
    @Test("a revision that was made meanwhile is not passed over")
    func meanwhile() async throws {
        try await Self.open { database, refresher, inbox async throws in
            try inbox.receive("news/agency/monday.txt", "fresh news")
            let request = RefreshRequest(folder: inbox.path, keep: .all, when: .now)
            let (locked, isLocked) = AsyncStream.makeStream(of: Void.self)
            async let other: Void = database.write("test", timeout: .seconds(60)) { db in
                try db.execute("LOCK TABLE document IN ACCESS EXCLUSIVE MODE")
                isLocked.finish()
                let waits: SQL = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'document'::regclass)"
                while try !db.one(waits, as: Bool.self) {}
                _ = try TestRecord.revision(set: "heldout", text: "made meanwhile", in: db)
            }
            for await _ in locked {}
            let problem = await #expect(throws: Problem.self) { try await refresher.refresh("heldout", request, by: .daemon) }
            try await other
            #expect(problem?.type == .conflict)
            #expect(try await Self.newest(database).number == 2)
        }
    }

    @Test("without the old documents only what lies in the folder is in the set")
    func replace() async throws {
        try await Self.open { database, refresher, inbox async throws in
            try inbox.receive("news/agency/monday.txt", "fresh news")
            try inbox.receive("news/agency/known.txt", "a text of news/agency in heldout")
            let answer = try await refresher.refresh("heldout", RefreshRequest(folder: inbox.path, keep: .none, when: .now), by: .daemon)
            #expect(answer.revision.domains.map { "\($0.name) \($0.documents)" } == ["news/agency 2"] && answer.fresh == 1)
            let texts = try await database.read("test") { db in
                let id = try DomainSetStore.latest(of: "heldout", in: db).id
                return try DomainSetStore.documents(revision: id, after: nil, limit: 10, in: db).map(\.line.content)
            }
            #expect(Set(texts) == [.text("fresh news"), .text("a text of news/agency in heldout")])
        }
    }

    @Test("documents that a check dropped come back with others from their folder, and the person is told to look again")
    func droppedBefore() async throws {
        try await Self.open { database, refresher, inbox async throws in
            let request = RefreshRequest(folder: inbox.path, keep: .all, when: .now)
            func add(_ treatment: Decontamination.Treatment, found: Int, at time: Int64) async throws {
                let check = Decontamination(
                    against: ["/data/train", "/data/\(time)"], digest: Digest(ofText: "train"), files: 1, bytes: 9, minimumWords: 13,
                    falsePositiveRate: 1e-5, paragraphs: 3, paragraphsFound: found, documents: 3, documentsFound: found,
                    documentsUnchecked: 0, treatment: treatment, checkedAt: Timestamp(milliseconds: time))
                _ = try await database.write("test") { db in
                    try DecontaminationStore.add(check, to: try DomainSetStore.latest(of: "heldout", in: db).id, in: db)
                }
            }
            _ = try await database.write("test") { db in try TestRecord.revision(set: "another", in: db) }
            try await add(.keep, found: 2, at: 1)
            try await add(.drop, found: 0, at: 2)
            try inbox.receive("news/agency/monday.txt", "fresh news")
            #expect(try await refresher.refresh("heldout", request, by: .daemon).notes == [])
            try await add(.drop, found: 2, at: 3)
            #expect(try await refresher.refresh("heldout", request, by: .daemon).notes == [])
            try inbox.receive("news/agency/tuesday.txt", "more news")
            #expect(
                try await refresher.refresh("heldout", request, by: .daemon).notes == [
                    "2 documents were dropped for heldout@2, as found in training text; those of them that lie in the folder are in "
                        + "heldout@3 again. Look for them again: `track domains decontaminate heldout --against /data/train /data/3`."
                ])
            #expect(try await refresher.refresh("another", request, by: .daemon).notes == [])
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
            // The setting of another set is none of this one's.
            try await database.write("test") { db in
                _ = try TestRecord.revision(set: "another", in: db)
                try RefreshStore.keep("/nowhere", .all, for: "another", in: db)
            }
            #expect(await refresher.refreshForSlot(ofSchedule: schedule) == nil)
            let kept = try await refresher.refresh("heldout", RefreshRequest(folder: inbox.path, keep: .all, when: .everySlot), by: .daemon)
            #expect(!kept.created && kept.revision.number == 1)
            #expect(
                await refresher.refreshForSlot(ofSchedule: schedule)
                    == "heldout@2 was made with 1 new documents from \(inbox.path).")
            #expect(await refresher.refreshForSlot(ofSchedule: schedule) == "\(inbox.path) holds nothing that heldout@2 lacks.")
            try FileManager.default.removeItem(atPath: inbox.path)
            let words = try #require(await refresher.refreshForSlot(ofSchedule: schedule))
            #expect(words == "heldout was not refreshed: There is nothing at \(inbox.path).")
            #expect(try await Self.newest(database).number == 2)
            _ = try await refresher.refresh("heldout", RefreshRequest(folder: nil, keep: .all, when: .never), by: .daemon)
            #expect(await refresher.refreshForSlot(ofSchedule: schedule) == nil)
            let said = try await database.read("test") { db in try AuditStore.list(before: nil, limit: 10, in: db) }
            #expect(said.map(\.action) == ["domain-set.refresh", "domain-set.add", "domain-set.refresh"])
            #expect(said.map { $0.detail["folder"] } == ["none", inbox.path, inbox.path])
        }
    }

    @Test("a folder that is not there, or is not named whole, is refused when it is named")
    func refused() async throws {
        try await Self.open { database, refresher, inbox async throws in
            try inbox.receive("news/agency/monday.txt", "fresh news")
            // From wherever the program stands, this one leads to the folder.
            let relative = String(repeating: "../", count: 32) + inbox.path.dropFirst()
            for folder in ["/nowhere/at/all", "relative", relative, inbox.path + "\0", nil] {
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
                #expect(
                    twin.attention.contains { $0.text.hasPrefix("freshness@2 took the place of freshness@1: the unchanged freshness/") })
                let check = Decontamination(
                    against: ["/data/train"], digest: Digest(ofText: "train"), files: 1, bytes: 9, minimumWords: 13,
                    falsePositiveRate: 1e-5,
                    paragraphs: 0, paragraphsFound: 0, documents: 121, documentsFound: 0, documentsUnchecked: 121, treatment: .drop,
                    checkedAt: Timestamp(milliseconds: 1000))
                let kept = try await client.addDecontamination(check, to: refreshed.revision.digest)
                #expect(kept.decontaminations == [check])
                #expect(try await client.revisions(of: "freshness").first?.decontaminations == [check])
            }
            func refused(_ change: (inout Decontamination) -> Void) async throws -> Problem? {
                var check = Decontamination(
                    against: ["/data/other"], digest: Digest(ofText: "other"), files: 1, bytes: 9, minimumWords: 13,
                    falsePositiveRate: 1e-5, paragraphs: 0, paragraphsFound: 0, documents: 121, documentsFound: 0, documentsUnchecked: 121,
                    treatment: .keep,
                    checkedAt: Timestamp(milliseconds: 1000))
                change(&check)
                return try await daemon.refusal { [check] client in
                    let newest = try #require(try await client.revisions(of: "freshness").first)
                    _ = try await client.addDecontamination(check, to: newest.digest)
                }
            }
            #expect(try await refused { $0.against = [] }?.type == .invalid)
            #expect(try await refused { $0.against = ["/data\0"] }?.type == .invalid)
            #expect(try await refused { $0.documentsFound = 122 }?.type == .invalid)
            let unknown = try await daemon.refusal { _ = try await $0.power(of: "freshness", number: 7) }
            #expect(unknown?.type == .notFound)
        }
    }
}
