import FoundationEssentials
import ParserProperties
import Postgres
import Testing
import TrackCore
import TrackStore
import TrackTestSupport

@Suite struct RecordedTests {
    @Test("a record without faults is stored, whatever was changed in it, and comes back with its digest")
    func kept() async throws {
        try await withTestDatabase { database in
            let revision = try await database.write("test.house") { db in
                _ = try TestRecord.lineage("legal-tune", checkpoints: 1, in: db)
                let id = try TestRecord.revision(set: "held-out", domains: ["legal/licences", "code/python"], in: db)
                return try #require(try DomainSetStore.revision(id: id, in: db))
            }
            let seeds = try Self.runs(of: revision).map { Array(try WireCoding.encode($0)) }
            var mutation = JSONMutation(using: SeededRandom(15))
            var random = SeededRandom(16)
            var kept = 0
            let facts = RunFacts()
            for changed in seeds.flatMap({ seed in (0..<1200).map { _ in mutation.change(seed) } }) {
                guard var run = try? WireCoding.decode(EvaluationRun.self, from: Data(changed)) else { continue }
                // Else all but the first would be refused for an id that is taken.
                run.id = RunID.make(at: Timestamp(milliseconds: 1_795_000_000_000), using: &random)
                do {
                    let found = try await database.write("test.keep") { [run] db in
                        let text = try WireCoding.encode(RecordRunRequest(run: run, attempt: nil))
                        let incoming = try text.withUnsafeBytes { try IncomingRun(json: $0) }
                        let placed = try PlacedRun(incoming, text: text, on: try facts.target(of: incoming.heading, in: db))
                        _ = try RunStore.insert(placed, in: db)
                        return try #require(try RunStore.recorded(run.id, in: db))
                    }
                    #expect(found.run.digest == found.digest, "\(String(decoding: changed, as: UTF8.self))")
                    kept += 1
                } catch is Fault {
                    // The door is stricter than the library that read it before.
                } catch is Problem {
                    // Refused with words: an unknown checkpoint or revision, a fault, an id that is taken.
                } catch {
                    Issue.record("\(error), for \(String(decoding: changed, as: UTF8.self))")
                }
            }
            #expect(kept > 20)
        }
    }

    private static func runs(of revision: DomainSetRevision) throws -> [EvaluationRun] {
        let scores = DocumentScores(
            nll: [512.25], tokens: [180], bytes: [731], words: [120],
            histogram: [180] + [Int64](repeating: 0, count: TokenHistogram.binCount - 1))
        let contents: [EvaluationRun.Content] = [
            .documents([
                DomainMeasurement(domain: revision.domains[0].name, outcome: .measured(scores)),
                DomainMeasurement(domain: revision.domains[1].name, outcome: .failed(reason: "NLL is NaN")),
            ]),
            .summary(.tokenWeighted, [DomainSummary(domain: revision.domains[0].name, meanNLL: 2.5, tokens: 1000, bytes: 4000)]),
        ]
        return contents.enumerated().map { number, content in
            EvaluationRun(
                id: RunID(UUID(uuid: (1, 0x92, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, UInt8(number)))),
                checkpoint: CheckpointKey(lineage: "legal-tune", digest: Digest(ofText: "legal-tune 1")), revision: revision.digest,
                scoring: ScoringProtocol(context: 128), evaluator: "transformers 0.1.0", environment: ["torch": "2.13", "gpuName": "ü"],
                reason: .added, evaluatedAt: Timestamp(milliseconds: 1_795_000_000_123), content: content)
        }
    }
}
