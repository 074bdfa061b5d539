import Postgres
import Testing
import TrackCore
import TrackStore

@Suite struct RunStoreTests {
    @Test("a run read back is the run that was recorded: its digest computed anew is the one kept with it")
    func roundTrip() async throws {
        try await House.open { house async throws in
            for seed in UInt64(100)..<140 {
                let run = house.run(seed, checkpoint: Int(seed % 3))
                #expect(try await house.record(run) == .accepted)
                let read = try await house.write { db in try RunStore.recorded(run.id, in: db) }
                let recorded = try #require(read)
                #expect(recorded.digest == run.digest)
                #expect(recorded.run.digest == run.digest, "seed \(seed)")
                #expect(recorded.run.scoring == run.scoring && recorded.run.environment == run.environment)
                #expect(recorded.checkpointID == house.checkpoints[Int(seed % 3)].id)
            }
            #expect(try await house.count("evaluation_run") == 40)
        }
    }

    @Test("the same again is a duplicate; the same id with other content is a conflict; neither changes anything")
    func idempotency() async throws {
        try await House.open { house async throws in
            let run = house.run(7)
            #expect(try await house.record(run) == .accepted)
            #expect(try await house.record(run) == .duplicate)
            var other = run
            other.evaluator = "another"
            #expect(try await house.refusal(of: other)?.type == .conflict)
            let read = try await house.write { db in try RunStore.recorded(run.id, in: db) }
            #expect(read?.run.digest == run.digest)
            #expect(try await house.count("evaluation_run") == 1)
        }
    }

    @Test("of many who record one run at once, one is accepted and the others are duplicates")
    func race() async throws {
        try await House.open { house async throws in
            let run = house.run(8)
            let verdicts = try await withThrowingTaskGroup(of: RecordVerdict.self) { group in
                for _ in 0..<8 { group.addTask { try await house.record(run) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(verdicts.filter { $0 == .accepted }.count == 1)
            #expect(verdicts.filter { $0 == .duplicate }.count == 7)
        }
    }

    @Test(
        "the database itself refuses to change or delete a recorded run", arguments: ["evaluation_run", "run_documents", "run_types", "run_failure"])
    func immutability(_ table: String) async throws {
        try await House.open { house async throws in
            for seed in UInt64(1)..<12 { try await house.record(house.run(seed)) }
            #expect(try await house.count(table) > 0)
            let column = table == "run_failure" ? "reason" : "nll"
            let statements: [SQL] = [
                SQL(unchecked: "UPDATE \(table) SET \(column) = \(column)"), SQL(unchecked: "DELETE FROM \(table)"),
            ]
            for statement in statements {
                let error = await #expect(throws: PostgresError.self) { try await house.write { db in try db.execute(statement) } }
                #expect(error?.message.contains("immutable") == true)
            }
        }
    }

    @Test("what a run refers to must be there")
    func references() async throws {
        try await House.open { house async throws in
            var unknown = house.run(1)
            unknown.checkpoint.digest = Digest(ofText: "nobody's")
            #expect(try await house.refusal(of: unknown)?.type == .notFound)
            var elsewhere = house.run(1)
            elsewhere.checkpoint.lineage = "another"
            #expect(try await house.refusal(of: elsewhere)?.detail.contains("track add") == true)
            var other = house.run(1)
            other.revision = Digest(ofText: "none")
            #expect(try await house.refusal(of: other)?.detail.contains("track domains add") == true)
            var correction = house.run(2)
            correction.supersedes = house.run(3).id
            #expect(try await house.refusal(of: correction)?.type == .notFound)
            #expect(try await house.count("evaluation_run") == 0)
        }
    }

    @Test("a run of one checkpoint cannot supersede another checkpoint's, and so hide it")
    func foreignCorrection() async throws {
        try await House.open { house async throws in
            let run = house.run(1, checkpoint: 0)
            try await house.record(run)
            var correction = house.run(2, checkpoint: 1)
            correction.supersedes = run.id
            #expect(try await house.refusal(of: correction)?.type == .invalid)
        }
    }

    @Test("faults refuse the whole record and name their places")
    func faults() async throws {
        try await House.open { house async throws in
            var run = house.run(1)
            let scores = DocumentScores(nll: [.nan], tokens: [0], bytes: [1], words: [1], histogram: [])
            run.content = .documents([DomainMeasurement(domain: RandomRun.domains[0], outcome: .measured(scores))])
            let problem = try #require(try await house.refusal(of: run))
            #expect(problem.type == .invalid)
            #expect(problem.faults?.map(\.field) == ["/domains/0/documents/nll/0", "/domains/0/documents/tokens/0"])
            #expect(try await house.count("evaluation_run") == 0)
        }
    }

    @Test("the tables refuse NaN and negative NLL even from somebody who writes SQL", arguments: ["NaN", "-1", "-Infinity"])
    func checks(_ value: String) async throws {
        try await House.open { house async throws in
            let run = house.run(1)
            try await house.record(run)
            let copies: [SQL] = [
                """
                INSERT INTO evaluation_run (id, digest, checkpoint_id, revision_id, protocol_id, reason, evaluator, evaluated_at, status, nll,
                                            tokens, bytes, words)
                SELECT gen_random_uuid(), digest, checkpoint_id, revision_id, protocol_id, reason, evaluator, evaluated_at, status,
                       array_fill(\(value)::float8, ARRAY[cardinality(nll)]), tokens, bytes, words FROM evaluation_run
                """,
                """
                INSERT INTO run_documents (run_id, scored, nll, tokens, bytes, words)
                SELECT id, '{1}', ARRAY[\(value)::float8], '{1}', '{1}', '{1}' FROM evaluation_run
                """,
            ]
            for copy in copies {
                let error = await #expect(throws: PostgresError.self) { try await house.write { db in try db.execute(copy) } }
                #expect(error?.sqlState == .checkViolation)
            }
        }
    }

    @Test("a correction stays beside what it corrects, and only it counts as the checkpoint's newest")
    func supersedes() async throws {
        try await House.open { house async throws in
            var first = house.run(20)
            first.scoring = ScoringProtocol()
            first.evaluatedAt = Timestamp(milliseconds: 1_795_000_002_000)
            var correction = house.run(21)
            correction.scoring = ScoringProtocol()
            correction.evaluatedAt = Timestamp(milliseconds: 1_795_000_001_000)
            correction.supersedes = first.id
            var second = house.run(22, checkpoint: 1)
            second.scoring = ScoringProtocol()
            for run in [first, correction, second] { try await house.record(run) }
            let (ids, lineage, target, original, back) = try await house.write { [first, correction] db in
                let protocolID = try ProtocolStore.id(of: ScoringProtocol(), in: db)
                let found = try DomainSetStore.revision(digest: house.revision.digest, in: db)
                return (
                    try RunStore.newest(lineage: house.lineage, revision: found?.id ?? 0, protocolID: protocolID, in: db),
                    try RunStore.newestPair(house.checkpoints[0].id, house.checkpoints[1].id, in: db)?.run,
                    try RunStore.runs(of: house.checkpoints[0].id, limit: 5, in: db),
                    try RunStore.recorded(first.id, in: db)?.run, try RunStore.recorded(correction.id, in: db)?.run
                )
            }
            #expect(Set(ids) == [correction.id, second.id])
            #expect(lineage == correction.id)
            #expect(target == [first.id, correction.id])
            #expect(original?.digest == first.digest)
            #expect(back?.supersedes == first.id)
        }
    }

    @Test("the view `measurement` says per domain what was measured, with its perplexity")
    func view() async throws {
        try await House.open { house async throws in
            for seed in UInt64(200)..<220 {
                let run = house.run(seed)
                try await house.record(run)
                let rows = try await house.write { db in
                    try db.rows(
                        """
                        SELECT domain, status, failure, tokens, perplexity, lineage || '/' || checkpoint
                        FROM measurement WHERE run_id = \(run.id)
                        """,
                        as: (DomainName.self, String.self, String?.self, Int64?.self, Double?.self, String.self))
                }
                #expect(rows.count == RandomRun.domains.count)
                #expect(rows.allSatisfy { $0.5 == "legal-tune/checkpoint-1" })
                let byName = Dictionary(uniqueKeysWithValues: rows.map { ($0.0, $0) })
                for (name, expected) in expectations(run) {
                    let row = try #require(byName[name])
                    #expect(row.1 == expected.status && row.2 == expected.failure && row.3 == expected.tokens, "seed \(seed) \(name)")
                    switch (row.4, expected.perplexity) {
                    case (nil, nil): break
                    case (let value?, let wanted?) where wanted.isFinite: #expect(abs(value / wanted - 1) < 1e-14)
                    case (let value?, let wanted?): #expect(value == wanted, "seed \(seed) \(name)")
                    default:
                        Issue.record("seed \(seed) \(name): \(String(describing: row.4)) for \(String(describing: expected.perplexity))")
                    }
                }
            }
        }
    }

    private typealias Line = (status: String, failure: String?, tokens: Int64?, perplexity: Double?)

    private func expectations(_ run: EvaluationRun) -> [DomainName: Line] {
        var lines = Dictionary(uniqueKeysWithValues: RandomRun.domains.map { ($0, ("not evaluated", nil, nil, nil) as Line) })
        // The view calls a mean above 700 nats infinite, where exp is about to be.
        func perplexity(_ nll: Double, _ tokens: Int64) -> Double? {
            nll / Double(tokens) > 700 ? .infinity : Perplexity.tokenWeighted(nll: nll, tokens: tokens)
        }
        switch run.content {
        case .summary(_, let domains):
            for domain in domains { lines[domain.domain] = ("measured", nil, domain.tokens, perplexity(domain.meanNLL, 1)) }
        case .documents(let domains):
            for domain in domains {
                switch domain.outcome {
                case .failed(let reason): lines[domain.domain] = ("failed", reason, nil, nil)
                case .measured(let scores):
                    lines[domain.domain] = ("measured", nil, scores.totalTokens, perplexity(scores.totalNLL, scores.totalTokens))
                }
            }
        }
        return lines
    }
}
