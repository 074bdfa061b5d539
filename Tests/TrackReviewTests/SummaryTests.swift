import Testing

@testable import TrackCore
@testable import TrackReview

@Suite("Tables without documents")
struct SummaryTests {
    /// The perplexities that "Perplexity: The Poetry of Uncertainty" prints for meta-llama/Llama-2-7b-hf and Llama-2-7b-chat-hf on the
    /// fine-tuning data and on healthcare text (raw form); document-weighted.
    private let baseline = [
        World.summary("sft/data", perplexity: 10.266649146981344), World.summary("med/healthcare", perplexity: 13.936028931681786),
    ]
    private let tuned = [
        World.summary("sft/data", perplexity: 6.7316364438131675), World.summary("med/healthcare", perplexity: 18.254311566365946),
    ]
    private let lineage = Lineage(id: 1, name: "legal-tune", baseline: 1, inDomain: ["sft/data"], domainSet: nil)

    private func compare(_ run: [DomainEvidence], _ reference: [DomainEvidence]) -> RunComparison {
        RunComparison.make(
            of: World.run(60, run, revision: Digest(ofText: "table 1"), kind: .summary(.documentWeighted)),
            against: World.run(0, reference, revision: Digest(ofText: "table 2"), kind: .summary(.documentWeighted)), lineage: lineage)
    }

    @Test("are observed: no interval, no p, no place in a family, no alert")
    func observed() throws {
        let comparison = compare(tuned, baseline)
        #expect(comparison.isObserved)
        #expect(comparison.domains.map(\.verdict) == [.observedImproved, .observedRegressed])
        #expect(comparison.domains.allSatisfy { $0.test == nil && $0.documents == nil })
        #expect(agree(comparison.domains[0].theta, -0.422_082_4, within: 1e-6))
        let divergence = try #require(comparison.divergence)
        #expect(divergence.p == nil)
        #expect(!divergence.isDiverged)
        #expect(comparison.status == .observedDiverged)
        #expect(
            comparison.sentence
                == "checkpoint-60 diverged from base as far as tables show, untested: in-domain perplexity fell by 34.4 %, "
                + "OOD perplexity rose by 31 %.")
        #expect(AlertRule.oodRegression.decide(state: nil, newest: comparison) == .nothing)
    }

    @Test("a value that is not finite is observed, not tested, and raises nothing")
    func notFinite() {
        let comparison = compare([World.summary("med/healthcare", perplexity: .infinity)], baseline)
        #expect(comparison.domain("med/healthcare")?.verdict == .observedRegressed)
        #expect(comparison.domain("med/healthcare")?.reason == "not finite")
        #expect(AlertRule.oodRegression.decide(state: nil, newest: comparison) == .nothing)
        let both = compare([World.summary("sft/data", perplexity: .infinity)], [World.summary("sft/data", perplexity: .infinity)])
        #expect(both.domains[0].verdict == .undecided)
    }

    @Test("means that were taken differently do not compare")
    func aggregation() {
        let comparison = RunComparison.make(
            of: World.run(60, tuned, kind: .summary(.documentWeighted)), against: World.run(0, baseline, kind: .summary(.tokenWeighted)),
            lineage: lineage)
        #expect(comparison.status == .notComparable)
    }

    @Test("a run with documents takes the table's mean")
    func mixed() {
        let documents = World.measured("sft/data", [200, 900], tokens: [100, 300])
        for (aggregation, mean) in [(Aggregation.tokenWeighted, 1100.0 / 400), (.documentWeighted, 2.5)] {
            let name = World.name("sft/data")
            let table = DomainEvidence(name: name, outcome: .summary(DomainSummary(domain: name, meanNLL: 2)))
            let comparison = RunComparison.make(
                of: World.run(60, [documents]), against: World.run(0, [table], kind: .summary(aggregation)), lineage: lineage)
            #expect(agree(comparison.domains[0].theta, mean - 2))
            #expect(comparison.domains[0].verdict == .observedRegressed)
        }
    }

    @Test("what moves one way, or within the margin, is no divergence, and is only observed")
    func noDivergence() {
        for factor in [0.9, 1.004] {
            let other = World.summary("med/healthcare", perplexity: 13.936028931681786 * factor)
            let compared = compare([World.summary("sft/data", perplexity: 6.7), other], baseline)
            #expect(compared.status == .undecided)
            #expect(compared.domain("med/healthcare")?.verdict == (factor < 1 ? .observedImproved : .observedUnchanged))
        }
        let still = World.summary("sft/data", perplexity: 10.266649146981344 * 0.996)
        let oodOnly = compare([still, World.summary("med/healthcare", perplexity: 18)], baseline)
        #expect(oodOnly.status == .undecided && oodOnly.domain("sft/data")?.verdict == .observedUnchanged)
        let broken = compare([World.summary("sft/data", perplexity: 6.7), World.summary("med/healthcare", perplexity: .infinity)], baseline)
        #expect(broken.status == .observedDiverged)
        #expect(broken.sentence.contains("OOD perplexity is not finite"))
    }

    @Test("tables compare under one stated protocol only, and per byte or word as they state it")
    func stated() {
        func run(_ step: Int64, _ domains: [DomainEvidence], _ stated: StatedProtocol) -> RunEvidence {
            World.run(
                step, domains, tokenizer: Digest(ofText: "tokenizer \(step)"), scoring: .stated(stated), kind: .summary(.tokenWeighted))
        }
        func compare(_ own: StatedProtocol, _ other: StatedProtocol) -> RunComparison {
            RunComparison.make(of: run(60, tuned, own), against: run(0, baseline, other), lineage: lineage)
        }
        let byte = StatedProtocol(statement: "as reported", unit: .byte)
        let perByte = compare(byte, byte)
        #expect(perByte.unit == .bitsPerByte && perByte.stated == .byte)
        #expect(agree(perByte.domains[0].theta, -0.422_082_4, within: 1e-6))
        #expect(perByte.sentence.contains("in-domain perplexity per byte fell by 34.4 %"))
        let word = StatedProtocol(statement: "as reported", unit: .word)
        #expect(compare(word, word).sentence.contains("in-domain perplexity per word fell by 34.4 %"))
        for other in [word, StatedProtocol(statement: "as reported", unit: .token), StatedProtocol(statement: "other", unit: .byte)] {
            #expect(compare(byte, other).status == .notComparable)
        }
    }

    @Test("other tokenizers need counts of tokens and bytes")
    func tokenizers() {
        func table(_ tokens: Int64?, _ bytes: Int64?) -> [DomainEvidence] {
            let name = World.name("sft/data")
            return [
                DomainEvidence(name: name, outcome: .summary(DomainSummary(domain: name, meanNLL: 2, tokens: tokens, bytes: bytes)))
            ]
        }
        func verdict(_ run: [DomainEvidence], _ aggregation: Aggregation = .tokenWeighted) -> DomainComparison {
            RunComparison.make(
                of: World.run(60, run, tokenizer: Digest(ofText: "another"), kind: .summary(aggregation)),
                against: World.run(0, table(100, 400), kind: .summary(aggregation)), lineage: lineage
            ).domains[0]
        }
        #expect(agree(verdict(table(80, 400)).theta, -0.1))
        #expect(verdict(table(nil, 400)).verdict == .notComparable)
        #expect(verdict(table(80, nil)).verdict == .notComparable)
        #expect(verdict(table(80, 400), .documentWeighted).verdict == .notComparable)
    }
}
