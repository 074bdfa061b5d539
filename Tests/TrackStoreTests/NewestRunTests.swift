import FoundationEssentials
import Postgres
import Testing
import TrackCore
import TrackStore

/// The queries step from frame to frame; here the same is decided by looking at every run.
@Suite struct NewestRunTests {
    private struct Placed {
        let run: EvaluationRun
        let checkpoint: Int
        let set: String
        let number: Int
        let context: Int

        /// By which the newest is first, ids last.
        var age: (Timestamp, String) { (run.evaluatedAt, run.id.description) }
    }

    @Test("the newest runs are those that a look at every run finds, whatever was corrected or came at one time", arguments: 1...6)
    func same(seed: UInt64) async throws {
        try await House.open { house async throws in
            var random = SeededRandom(seed)
            let revisions = try await house.write { db in
                let texts = { (name: DomainName) in House.texts(name) + ["one more of \(name)"] }
                return [
                    house.revision, try House.freeze("held-out", RandomRun.domains, texts: texts, seed: 2, in: db).revision,
                    try House.freeze("other", RandomRun.domains, texts: { ["another of \($0)"] }, in: db).revision,
                ]
            }
            let own = [nil, "held-out", "other"].randomElement(using: &random) ?? nil
            if let own { try await house.write { db in try LineageStore.setDomainSet(own, of: house.lineage, in: db) } }
            var all: [Placed] = []
            for _ in 0..<Int.random(in: 1...24, using: &random) {
                let checkpoint = Int.random(in: 0..<3, using: &random)
                let revision = revisions[Int.random(in: 0..<3, using: &random)]
                var run = RandomRun.make(checkpoint: house.checkpoints[checkpoint].key, revision: revision, using: &random)
                let context = Bool.random(using: &random) ? 512 : 1024
                run.scoring = .scored(ScoringProtocol(context: context))
                run.evaluatedAt = Timestamp(milliseconds: 1_795_000_000_000 + .random(in: 0...5, using: &random) * 1000)
                run.supersedes = Int.random(in: 0..<3, using: &random) == 0
                    ? all.filter { $0.checkpoint == checkpoint }.randomElement(using: &random)?.run.id : nil
                try await house.record(run)
                all.append(Placed(run: run, checkpoint: checkpoint, set: revision.set, number: revision.number, context: context))
            }
            try await Self.check(all, own: own, in: house)
        }
    }

    private static func check(_ all: [Placed], own: String?, in house: House) async throws {
        let corrected = Set(all.compactMap(\.run.supersedes))
        let standing = all.filter { !corrected.contains($0.run.id) }

        let last = try #require(
            all.max {
                (belongs($0, all, own), hasBaseline($0, all), $0.age.0, $0.age.1) < (belongs($1, all, own), hasBaseline($1, all), $1.age.0, $1.age.1)
            })
        let frame = try #require(
            all.filter { $0.set == last.set && $0.context == last.context }.max {
                ($0.checkpoint == 0 ? 1 : 0, $0.number, $0.age.0, $0.age.1) < ($1.checkpoint == 0 ? 1 : 0, $1.number, $1.age.0, $1.age.1)
            })
        let newest = (0..<3).compactMap { checkpoint in
            standing.filter { $0.checkpoint == checkpoint && $0.set == frame.set && $0.context == frame.context }.max {
                ($0.number == frame.number ? 1 : 0, $0.number, $0.age.0, $0.age.1) < ($1.number == frame.number ? 1 : 0, $1.number, $1.age.0, $1.age.1)
            }
        }
        let pair = standing.filter { $0.checkpoint == 1 }
            .flatMap { one in standing.filter { $0.checkpoint == 2 && $0.set == one.set && $0.context == one.context }.map { (one, $0) } }
            .max { first, second in
                let left = (first.0.number == first.1.number ? 1 : 0, first.0.number, first.0.age.0, first.0.age.1)
                let right = (second.0.number == second.1.number ? 1 : 0, second.0.number, second.0.age.0, second.0.age.1)
                return left == right ? first.1.age < second.1.age : left < right
            }
        let onFirst = standing.filter { $0.set == house.revision.set && $0.number == house.revision.number }.max { $0.age < $1.age }

        try await house.write { [frame, newest, pair, onFirst] db in
            let found = try #require(try RunStore.judgedFrame(of: house.lineage, in: db))
            let revision = try #require(try DomainSetStore.revision(id: found.revisionID, in: db))
            #expect((revision.set, revision.number) == (frame.set, frame.number))
            #expect(try ProtocolStore.id(of: ScoringProtocol(context: frame.context), in: db) == found.protocolID)
            let ids = try RunStore.newest(lineage: house.lineage, revision: found.revisionID, protocolID: found.protocolID, in: db)
            #expect(ids == newest.map(\.run.id))
            let two = try RunStore.newestPair(house.checkpoints[1].id, house.checkpoints[2].id, in: db)
            #expect(two?.run == pair?.0.run.id && two?.reference == pair?.1.run.id)
            let first = try #require(try DomainSetStore.revision(digest: house.revision.digest, in: db)?.id)
            #expect(try RunStore.newestPair(onRevision: first, in: db)?.run == onFirst?.run.id)
        }
    }

    /// Whether the set is the lineage's own, or the newest run of any checkpoint on one of its revisions, under the same protocol, was not
    /// made because somebody wished it.
    private static func belongs(_ run: Placed, _ all: [Placed], _ own: String?) -> Int {
        let beside = all.filter { $0.set == run.set && $0.context == run.context }
        let newest = Dictionary(grouping: beside) { [$0.checkpoint, $0.number] }.values.compactMap { $0.max { $0.age < $1.age } }
        return run.set == own || newest.contains { $0.run.reason != .manual } ? 1 : 0
    }

    /// Whether the baseline was measured under the same protocol on the same set.
    private static func hasBaseline(_ run: Placed, _ all: [Placed]) -> Int {
        all.contains { $0.checkpoint == 0 && $0.set == run.set && $0.context == run.context } ? 1 : 0
    }
}
