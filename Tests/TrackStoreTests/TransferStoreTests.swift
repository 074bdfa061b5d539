import Dispatch
import Postgres
import Synchronization
import Testing
import TrackCore
import TrackStore

@Suite struct TransferStoreTests {
    @Test("the moment of an export waits for a record that is being written, so that nothing before it appears later")
    func moment() async throws {
        try await House.open { house async throws in
            let (written, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            let run = house.run(1)
            async let recorded: Void = house.write { db in
                _ = try RunStore.insert(try House.place(run, in: db), in: db)
                written.signal()
                mayEnd.wait()
            }
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    written.wait()
                    continuation.resume()
                }
            }
            let isBegun = Mutex(false)
            async let begun: (Timestamp, Int) = {
                let moment = try await house.write { db in try ExportStore.moment(in: db) }
                isBegun.withLock { $0 = true }
                return (moment, try await house.count("evaluation_run"))
            }()
            // Either it waits for the writer, as it must, or it was over too soon.
            while try await house.waiting() == 0, !isBegun.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
            mayEnd.signal()
            try await recorded
            let (moment, visible) = try await begun
            #expect(visible == 1)
            let ids = try await house.write { db in try ExportStore.runs(of: run.checkpoint, before: moment, after: nil, in: db) }
            #expect(ids == [run.id])
            let later = house.run(2)
            try await house.record(later)
            #expect(try await house.exported(run.checkpoint, before: moment) == [run.id])
        }
    }

    @Test("corrections come after what they correct, whatever their ids, and a listing goes on after any of its lines")
    func order() async throws {
        try await House.open { house async throws in
            var runs = (UInt64(1)...6).map { house.run($0) }.sorted { $0.id < $1.id }
            runs[0].supersedes = runs[5].id
            runs[1].supersedes = runs[0].id
            for index in [5, 4, 3, 2, 0, 1] { try await house.record(runs[index]) }
            let before = Timestamp(milliseconds: 9_000_000_000_000)
            let expected = [2, 3, 4, 5, 0, 1].map { runs[$0].id }
            #expect(try await house.exported(runs[0].checkpoint, before: before) == expected)
            for (index, id) in expected.enumerated() {
                #expect(try await house.exported(runs[0].checkpoint, before: before, after: id) == Array(expected[(index + 1)...]))
            }
        }
    }

    @Test("what contradicts the database is refused and left as it is; a lineage keeps its settings")
    func contradictions() async throws {
        try await House.open { house async throws in
            let known = try #require(house.checkpoints.first)
            let line = CheckpointLine(lineage: known.lineage, checkpoint: known.description, parent: nil, addedAt: known.addedAt)
            let isNew = try await house.write { db in try ImportStore.checkpoint(line, in: db) }
            #expect(!isNew)
            var moved = line
            moved.checkpoint.uri = "file:///elsewhere"
            let elsewhere = try await house.refused { [moved] db in _ = try ImportStore.checkpoint(moved, in: db) }
            #expect(elsewhere?.type == .conflict)
            let orphan = CheckpointLine(
                lineage: known.lineage, checkpoint: CheckpointDescription(name: "x", uri: "y", digest: Digest(ofText: "x")),
                parent: CheckpointKey(lineage: "nobody", digest: Digest(ofText: "nobody")), addedAt: known.addedAt)
            let lonely = try await house.refused { db in _ = try ImportStore.checkpoint(orphan, in: db) }
            #expect(lonely?.type == .notFound)

            let lineage = LineageLine(
                name: known.lineage, baseline: nil, inDomain: ["code/*"], domainSet: "other", evaluator: nil,
                createdAt: Timestamp(milliseconds: 0))
            let (isMade, kept) = try await house.write { db in
                (try ImportStore.lineage(lineage, in: db), try LineageStore.lineage(named: known.lineage, in: db))
            }
            #expect(!isMade && kept?.domainSet != "other")
            var fresh = lineage
            (fresh.name, fresh.domainSet, fresh.evaluator) = ("fresh", nil, "gpu")
            let imported = try await house.write { [fresh] db in
                _ = try ImportStore.lineage(fresh, in: db)
                return try LineageStore.lineage(named: "fresh", in: db)
            }
            #expect(imported?.evaluator == "gpu")
            let exported = try await house.write { db in
                try ExportStore.lineages(.init(before: try ExportStore.moment(in: db), lineages: ["fresh"]), after: nil, in: db)
            }
            #expect(exported.map(\.evaluator) == ["gpu"])

            // The number of a revision that is here, with other documents.
            let other = Digest(ofText: "text")
            let domains = [DomainOfRevision(name: RandomRun.domains[0], documents: 1, bytes: 4, words: 1)]
            let taken = DomainSetRevision(
                set: house.revision.set, number: house.revision.number, digest: other, kind: .documents, split: "test", seed: 1,
                createdAt: Timestamp(milliseconds: 0), domains: domains)
            let number = try await house.refused { db in
                try DomainSetStore.addTexts([(other, .text("text"))], in: db)
                _ = try ImportStore.revision(taken, documents: [[other]], in: db)
            }
            #expect(number?.type == .conflict)
            let run = house.run(3)
            let changed = RunLine(digest: Digest(ofText: "another"), recordedAt: Timestamp(milliseconds: 0), run: run)
            let digest = try await house.refused { db in _ = try ImportStore.run(changed, in: db) }
            #expect(digest?.type == .invalid)
            #expect(try await house.count("evaluation_run") == 0)
        }
    }
}

extension House {
    fileprivate func exported(_ checkpoint: CheckpointKey, before: Timestamp, after: RunID? = nil) async throws -> [RunID] {
        try await write { db in try ExportStore.runs(of: checkpoint, before: before, after: after, in: db) }
    }

    /// Sessions of this database that wait for a lock.
    fileprivate func waiting() async throws -> Int {
        try await write { db in
            try db.one(
                """
                SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE NOT granted AND d.datname = current_database()
                """, as: Int.self)
        }
    }

    fileprivate func refused(_ body: @Sendable (Session) throws -> Void) async throws -> Problem? {
        do {
            try await write(body)
            return nil
        } catch let problem as Problem {
            return problem
        }
    }
}
