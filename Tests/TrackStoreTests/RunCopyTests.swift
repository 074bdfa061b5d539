import Postgres
import Testing
import TrackCore
import TrackStore

@Suite struct RunCopyTests {
    private func copy(_ runs: [EvaluationRun], in house: House) async throws -> [String] {
        try await house.write { db in
            try RunStore.copy(try runs.map { try House.place($0, in: db) }, in: db).map { result in
                switch result {
                case .success(let verdict): verdict.rawValue
                case .failure(let problem): problem.type.rawValue
                }
            }
        }
    }

    @Test("runs that are written together read back as those that were sent: documents, failures and summaries")
    func roundTrip() async throws {
        try await House.open { house async throws in
            let runs = (UInt64(200)..<240).map { house.run($0, checkpoint: Int($0 % 3)) }
            #expect(try await copy(runs, in: house) == [String](repeating: "accepted", count: 40))
            for run in runs {
                let read = try await house.write { db in try RunStore.recorded(run.id, in: db) }
                #expect(read?.digest == run.digest && read?.run.digest == run.digest)
            }
        }
    }

    @Test("what is there already, or stands twice in the batch, is a duplicate or a conflict and harms no other")
    func verdicts() async throws {
        try await House.open { house async throws in
            let (old, new, other) = (house.run(1), house.run(2), house.run(3))
            try await house.record(old)
            var changed = old
            changed.evaluator = "another"
            var changedNew = new
            changedNew.evaluator = "another"
            #expect(
                try await copy([changed, new, old, new, changedNew, other], in: house)
                    == ["conflict", "accepted", "duplicate", "duplicate", "conflict", "accepted"])
            #expect(try await house.count("evaluation_run") == 3)
            let kept = try await house.write { db in try RunStore.digest(of: new.id, in: db) }
            #expect(kept == new.digest)
        }
    }

    @Test("what was read of one history is not written into another, however it is written, and is read anew there")
    func anotherHistory() async throws {
        try await House.open { house async throws in
            let facts = RunFacts()
            let run = house.run(6)
            var other = house.run(7)
            other.scoring = run.scoring
            let later = other
            // The second reading finds the protocol that the first has made, and keeps it.
            for _ in 0..<2 { _ = try await house.write { db in try House.place(run, facts: facts, in: db).heading } }
            let known = try await house.write { db in try House.place(later, facts: facts, in: db) }
            #expect(facts.known(known.heading) != nil)
            try await house.write { db in _ = try db.execute("SELECT track.begin_epoch()") }
            await #expect(throws: AnotherHistory.self) { try await house.write { db in try RunStore.insert(known, in: db) } }
            await #expect(throws: AnotherHistory.self) { try await house.write { db in try RunStore.copy([known], in: db).count } }
            #expect(try await house.count("evaluation_run") == 0)
            let verdict = try await house.write { db in try RunStore.insert(try House.place(later, facts: facts, in: db), in: db) }
            #expect(verdict == .accepted)
        }
    }

    @Test("what a transaction makes and takes back is not kept as known")
    func rolledBack() async throws {
        try await House.open { house async throws in
            let facts = RunFacts()
            let run = house.run(5)
            struct Enough: Error {}
            await #expect(throws: Enough.self) {
                try await house.write { db in
                    _ = try House.place(run, facts: facts, in: db)
                    throw Enough()
                }
            }
            #expect(try await house.count("protocol") == 0)
            let verdict = try await house.write { db in try RunStore.insert(try House.place(run, facts: facts, in: db), in: db) }
            #expect(verdict == .accepted)
            _ = try await house.write { db in try House.place(run, facts: facts, in: db) }
            let heading = try await house.write { db in try House.place(run, facts: facts, in: db).heading }
            #expect(facts.known(heading) != nil)
            facts.forget()
            #expect(facts.known(heading) == nil)
        }
    }
}
