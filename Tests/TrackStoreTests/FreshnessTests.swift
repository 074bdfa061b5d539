import FoundationEssentials
import Postgres
import Testing
import TrackCore
import TrackStore
import TrackTestSupport

@Suite struct FreshnessTests {
    private static func check(_ training: String, _ treatment: Decontamination.Treatment = .drop, at time: Int64 = 1000) -> Decontamination {
        Decontamination(
            against: ["/data/\(training)"], digest: Digest(ofText: training), files: 1, bytes: 10, minimumWords: 13,
            falsePositiveRate: 1e-5, paragraphs: 5, paragraphsFound: 1, documents: 30, documentsFound: 1, documentsUnchecked: 0,
            treatment: treatment, checkedAt: Timestamp(milliseconds: time))
    }

    /// The next revision: another text in the first domain.
    private static func next(of house: House, refreshedFrom origin: Int? = nil, in db: Session) throws -> DomainSetRevision {
        let texts = ["a fresh document"]
        try DomainSetStore.addTexts(texts.map { (Digest(ofText: $0), .text($0)) }, in: db)
        return try DomainSetStore.freeze(
            set: "held-out", kind: .documents, split: "test", seed: 1,
            domains: RandomRun.domains.sorted().enumerated().map { index, name in
                let own = index == 0 ? texts : House.texts(name)
                return .init(
                    domain: DomainOfRevision(
                        name: name, documents: own.count, bytes: Int64(own.map(\.utf8.count).reduce(0, +)),
                        words: Int64(own.map(WordCount.of).reduce(0, +))),
                    documents: own.map(Digest.init(ofText:)))
            }, refreshedFrom: origin, in: db).revision
    }

    @Test("looks at a revision stay with it, the oldest first, and the same look is kept once")
    func decontaminations() async throws {
        try await House.open { house async throws in
            let (later, earlier) = (Self.check("new", at: 2000), Self.check("old", .keep))
            let kept = try await house.write { db in
                let id = try #require(try DomainSetStore.revision(digest: house.revision.digest, in: db)?.id)
                return try [later, earlier, later].map { try DecontaminationStore.add($0, to: id, in: db) }
            }
            #expect(kept == [true, true, false])
            let latest = try await house.write { db in try DomainSetStore.latest(of: "held-out", in: db).revision }
            #expect(latest.decontaminations == [earlier, later])
            #expect(latest.digest == house.revision.digest)
            #expect(house.revision.decontaminations == nil)
        }
    }

    @Test("a refresh names the revision that it began with, and an export takes all of it to another database")
    func transfer() async throws {
        try await House.open { house async throws in
            let exported = try await house.write { db in
                let made = try Self.next(of: house, refreshedFrom: 1, in: db)
                let id = try #require(try DomainSetStore.revision(digest: made.digest, in: db)?.id)
                _ = try DecontaminationStore.add(Self.check("train"), to: id, in: db)
                return try ExportStore.revisions(.init(before: Timestamp(milliseconds: 9_000_000_000_000), lineages: nil), after: nil, in: db)
            }
            #expect(exported.map(\.refreshedFrom) == [nil, 1])
            let documents = try await house.write { db in
                try exported.map { revision in
                    let id = try #require(try DomainSetStore.revision(digest: revision.digest, in: db)?.id)
                    return try DomainSetStore.documentDigests(revision: id, domains: revision.domains.count, in: db)
                }
            }
            try await House.open { other async throws in
                try await other.write { db in
                    let texts = RandomRun.domains.flatMap(House.texts) + ["a fresh document"]
                    try DomainSetStore.addTexts(texts.map { (Digest(ofText: $0), .text($0)) }, in: db)
                    for (revision, digests) in zip(exported, documents) { _ = try ImportStore.revision(revision, documents: digests, in: db) }
                }
                let history = try await other.write { db in try DomainSetStore.history(of: "held-out", in: db) }
                #expect(history.first?.refreshedFrom == 1)
                #expect(history.first?.decontaminations == [Self.check("train")])
            }
        }
    }

    @Test("a revision that is being evaluated takes over when the baseline has a run on it; a later run on the old one changes nothing")
    func frame() async throws {
        try await House.open { house async throws in
            let second = try await house.write { db in try Self.next(of: house, refreshedFrom: 1, in: db) }
            func run(_ seed: UInt64, _ checkpoint: Int, on revision: DomainSetRevision, at seconds: Int64) -> EvaluationRun {
                var random = SeededRandom(seed)
                var run = RandomRun.make(checkpoint: house.checkpoints[checkpoint].key, revision: revision, using: &random)
                run.scoring = .scored(ScoringProtocol())
                run.evaluatedAt = Timestamp(milliseconds: 1_795_000_000_000 + seconds * 1000)
                return run
            }
            func shown() async throws -> (revision: Int, runs: [RunID]) {
                try await house.write { db in
                    let frame = try #require(try RunStore.judgedFrame(of: house.lineage, in: db))
                    let revision = try #require(try DomainSetStore.revision(id: frame.revisionID, in: db))
                    return (
                        revision.number,
                        try RunStore.newest(lineage: house.lineage, revision: frame.revisionID, protocolID: frame.protocolID, in: db)
                    )
                }
            }
            let old = [run(1, 0, on: house.revision, at: 1), run(2, 1, on: house.revision, at: 2)]
            for run in old { try await house.record(run) }
            let fresh = [run(3, 0, on: second, at: 4), run(4, 1, on: second, at: 3)]
            try await house.record(fresh[1])
            #expect(try await shown() == (1, old.map(\.id)))
            try await house.record(fresh[0])
            #expect(try await shown() == (2, fresh.map(\.id)))
            let anchor = run(5, 0, on: house.revision, at: 9)
            try await house.record(anchor)
            #expect(try await shown() == (2, fresh.map(\.id)))
            let pair = try await house.write { db in
                try RunStore.newestPair(house.checkpoints[1].id, house.checkpoints[0].id, in: db).map { [$0.run, $0.reference] }
            }
            #expect(pair == [fresh[1].id, fresh[0].id])
            let onFirst = try await house.write { db in
                let id = try #require(try DomainSetStore.revision(digest: house.revision.digest, in: db)?.id)
                return try RunStore.newestPair(onRevision: id, in: db)
            }
            #expect(onFirst?.run == anchor.id && onFirst?.partner == old[1].id)
            let anchors = try await house.write { db in
                let ids = try [house.revision, second].map { try #require(try DomainSetStore.revision(digest: $0.digest, in: db)?.id) }
                let frame = try #require(try RunStore.judgedFrame(of: house.lineage, in: db))
                return try [
                    RunStore.anchors(onRevision: ids[1], in: db),
                    RunStore.anchors(onRevision: ids[1], lineage: house.lineage, protocolID: frame.protocolID, in: db),
                    RunStore.anchors(onRevision: ids[1], lineage: house.lineage + 1, in: db),
                    RunStore.anchors(onRevision: ids[1], protocolID: frame.protocolID + 1, in: db),
                    RunStore.anchors(onRevision: ids[0], in: db),
                ].map { pairs in pairs.map { [$0.before, $0.after] } }
            }
            let expected = [anchor.id, fresh[0].id]
            #expect(anchors == [[expected], [expected], [], [], []])
        }
    }

    @Test("one run on another set, or under another protocol than the baseline's, does not move what a lineage is judged by")
    func trial() async throws {
        try await House.open { house async throws in
            let other = try await house.write { db in
                try LineageStore.setDomainSet("held-out", of: house.lineage, in: db)
                return try House.freeze("other", RandomRun.domains, texts: { ["another of \($0)"] }, in: db).revision
            }
            func record(
                _ seed: UInt64, _ checkpoint: Int, on revision: DomainSetRevision, context: Int, because reason: RunReason = .manual
            ) async throws {
                var random = SeededRandom(seed)
                var run = RandomRun.make(checkpoint: house.checkpoints[checkpoint].key, revision: revision, using: &random)
                run.scoring = .scored(ScoringProtocol(context: context))
                run.reason = reason
                run.evaluatedAt = Timestamp(milliseconds: 1_795_000_000_000 + Int64(seed) * 1000)
                try await house.record(run)
            }
            func judged() async throws -> [String] {
                try await house.write { db in
                    let frame = try #require(try RunStore.judgedFrame(of: house.lineage, in: db))
                    let revision = try #require(try DomainSetStore.revision(id: frame.revisionID, in: db))
                    let short = try ProtocolStore.id(of: ScoringProtocol(context: 512), in: db) == frame.protocolID
                    return [revision.set, short ? "512" : "1024"]
                }
            }
            try await record(1, 0, on: house.revision, context: 1024)
            try await record(2, 1, on: other, context: 1024)
            #expect(try await judged() == ["held-out", "1024"])
            try await record(3, 0, on: other, context: 1024)
            #expect(try await judged() == ["held-out", "1024"])
            try await record(4, 1, on: house.revision, context: 512)
            #expect(try await judged() == ["held-out", "1024"])
            // Measured under it, the baseline can be compared: the lineage has moved on to this protocol.
            try await record(5, 0, on: house.revision, context: 512)
            #expect(try await judged() == ["held-out", "512"])
            // A schedule evaluates on its own set, and what it finds is judged.
            try await record(6, 1, on: other, context: 1024, because: .scheduled)
            #expect(try await judged() == ["other", "1024"])
        }
    }

    @Test("what a revision could find is told by two runs of one lineage, not by the newest of another")
    func partner() async throws {
        try await House.open { house async throws in
            let other = try await house.write { db in
                let made = try TestRecord.lineage("chat-tune", checkpoints: 1, in: db)
                return try CheckpointStore.checkpoints(of: made.lineage, in: db)
            }
            func record(_ seed: UInt64, _ checkpoint: Checkpoint) async throws -> RunID {
                var random = SeededRandom(seed)
                var run = RandomRun.make(checkpoint: checkpoint.key, revision: house.revision, using: &random)
                run.scoring = .scored(ScoringProtocol())
                run.evaluatedAt = Timestamp(milliseconds: 1_795_000_000_000 + Int64(seed) * 1000)
                try await house.record(run)
                return run.id
            }
            let ids = [try await record(1, house.checkpoints[0]), try await record(2, other[0]), try await record(3, house.checkpoints[1])]
            let pair = try await house.write { db in
                let id = try #require(try DomainSetStore.revision(digest: house.revision.digest, in: db)?.id)
                return try RunStore.newestPair(onRevision: id, in: db)
            }
            #expect(pair?.run == ids[2] && pair?.partner == ids[0])
        }
    }

    @Test("where a set takes its new documents from is kept, changed and ended")
    func setting() async throws {
        try await House.open { house async throws in
            let ended = try await house.write { db in
                try RefreshStore.keep("/data/a", .all, for: "held-out", in: db)
                try RefreshStore.keep("/data/b", .none, for: "held-out", in: db)
                #expect(try db.one("SELECT folder || ' ' || keep FROM domain_set_refresh", as: String.self) == "/data/b none")
                return [try RefreshStore.remove(for: "held-out", in: db), try RefreshStore.remove(for: "held-out", in: db)]
            }
            #expect(ended == [true, false])
        }
    }
}
