import Testing

@testable import TrackCore
@testable import TrackReview
@testable import TrackStatistics

@Suite("Comparing two runs")
struct RunComparisonTests {
    let set = ["legal/a", "legal/b", "code/a", "code/b", "prose/a"]

    private func diverging() -> RunComparison {
        RunComparison.make(
            of: World.run(60, set.map { World.moved($0, by: $0.hasPrefix("legal") ? -0.9 : 1.1) }), against: World.base(set),
            lineage: World.lineage)
    }

    @Test("in-domain better and OOD worse is a divergence, said in one sentence")
    func divergence() {
        let comparison = diverging()
        #expect(comparison.status == .diverged)
        #expect(comparison.domains.map(\.verdict) == [.improved, .improved, .regressed, .regressed, .regressed])
        #expect(
            comparison.sentence
                == "checkpoint-60 diverged from base: in-domain perplexity fell by 59.3 % while OOD perplexity rose by 200 % "
                + "on average over 3 domains; 3 of 3 OOD domains regressed.")
    }

    @Test("a run against itself changed nowhere")
    func identity() {
        let comparison = World.compare(World.base(set).domains, World.base(set).domains)
        #expect(comparison.domains.allSatisfy { $0.verdict == .unchanged && $0.theta == 0 })
        #expect(comparison.status == .unchanged)
        #expect(comparison.divergence?.isDiverged == false)
        #expect(comparison.sentence == "checkpoint-60 is unchanged against base: no domain of 5 moved by more than 0.5 %.")
    }

    @Test("another protocol is not comparable, for every domain, with both protocols named")
    func protocols() {
        let run = World.run(60, World.base(set).domains, scoring: .scored(ScoringProtocol(context: 128)))
        let comparison = RunComparison.make(of: run, against: World.base(set), lineage: World.lineage)
        #expect(comparison.status == .notComparable)
        #expect(comparison.domains.count == 5)
        #expect(comparison.domains.allSatisfy { $0.verdict == .notComparable && $0.theta == nil })
        #expect(comparison.notComparable?.contains("128") == true)
        #expect(comparison.sentence.hasPrefix("checkpoint-60 cannot be compared with base: the protocols differ"))
    }

    @Test("up to 1 % of the tokens may lack a partner, and more may not", arguments: [(100, true), (99, true), (98, false), (50, false)])
    func unpaired(count: Int, compares: Bool) {
        let nll = (0..<100).map { 300 + Double($0) }
        let short = World.measured("code/a", Array(nll.prefix(count)))
        let full = World.measured("code/a", nll)
        for (run, reference) in [(short, full), (full, short)] {
            let domain = World.compare([run], [reference]).domains[0]
            #expect((domain.verdict == .unchanged) == compares)
            #expect((domain.verdict == .notComparable) == !compares)
            if compares { #expect(domain.documents == count) }
        }
    }

    @Test("runs of two revisions pair by text, never by position")
    func pairing() throws {
        let texts = (0..<30).map { "text \($0)" }
        let nll = (0..<30).map { 250 + 5 * Double($0) }
        let run = World.run(60, [World.measured("code/a", nll.map { $0 + 8 }.reversed(), texts: texts.reversed())])
        let other = World.run(0, [World.measured("code/a", nll, texts: texts)], revision: Digest(ofText: "revision 2"))
        let domain = RunComparison.make(of: run, against: other, lineage: World.lineage).domains[0]
        #expect(agree(domain.theta, 0.08))
        #expect(domain.test?.ratio.standardError == 0)
        #expect(domain.verdict == .regressed)

        let strangers = World.run(60, [World.measured("code/a", nll, texts: texts.map { $0 + "!" })], revision: Digest(ofText: "3"))
        let unmatched = RunComparison.make(of: strangers, against: other, lineage: World.lineage).domains[0]
        #expect(unmatched.verdict == .notComparable)
        #expect(unmatched.reason == "100 % of the tokens have no partner on the other side")
    }

    @Test("a text that a revision holds twice pairs its copies once each")
    func copies() {
        let run = World.run(60, [World.measured("code/a", [310, 320, 330], texts: ["x", "y", "x"])])
        let other = World.run(0, [World.measured("code/a", [300, 300, 300], texts: ["x", "x", "y"])], revision: Digest(ofText: "2"))
        let domain = RunComparison.make(of: run, against: other, lineage: World.lineage).domains[0]
        #expect(domain.documents == 3)
        #expect(agree(domain.theta, 60.0 / 300))
        guard case .measured(let scores, let documents) = run.domains[0].outcome,
            case .measured(let otherScores, let otherDocuments) = other.domains[0].outcome
        else { return }
        #expect(
            DocumentPairing.byDigest.pairs((scores, documents), (otherScores, otherDocuments)) == [
                DocumentPair(run: 0, reference: 0), DocumentPair(run: 2, reference: 1), DocumentPair(run: 1, reference: 2),
            ])
    }

    @Test("different tokenizers are compared per byte, known or found out by their counts")
    func tokenizers() {
        let nll = (0..<20).map { 300 + Double($0) }
        let changed = World.measured("code/a", nll.map { $0 + 10 }, tokens: nll.map { _ in 80 })
        let reference = World.measured("code/a", nll)
        for tokenizer in [Digest(ofText: "another"), nil, World.tokenizer] {
            let comparison = RunComparison.make(
                of: World.run(60, [changed], tokenizer: tokenizer), against: World.run(0, [reference]), lineage: World.lineage)
            #expect(comparison.unit == .bitsPerByte)
            #expect(agree(comparison.domains[0].theta, 10.0 / 400))
        }
        let same = RunComparison.make(
            of: World.run(60, [reference], tokenizer: nil), against: World.run(0, [reference]), lineage: World.lineage)
        #expect(same.unit == .perplexity)
        let cut = World.measured("code/a", nll, bytes: nll.map { _ in 399 })
        let unequal = RunComparison.make(
            of: World.run(60, [cut], tokenizer: Digest(ofText: "another")), against: World.run(0, [reference]), lineage: World.lineage)
        #expect(unequal.domains[0].verdict == .notComparable)
    }

    @Test("an NLL that is no longer finite regressed without a test and stands outside the family")
    func notFinite() throws {
        let broken = World.measured("code/a", [.infinity] + [Double](repeating: 300, count: 39))
        let others = [World.moved("code/b", by: 0.02, seed: 3), World.moved("legal/a", by: -0.05)]
        let reference = World.base(["code/a", "legal/a"]).domains + [World.moved("code/b", by: 0, spread: 0, seed: 3)]
        let comparison = World.compare([broken] + others, reference)
        let domain = try #require(comparison.domain("code/a"))
        #expect(domain.verdict == .regressed)
        #expect(domain.theta == .infinity)
        #expect(domain.test == nil)
        #expect(domain.reason == "not finite: 1 of 40 documents have no finite NLL")
        #expect(comparison.domains.count { $0.test != nil } == 2)
        #expect(comparison.divergence?.ood.theta == .infinity)
        #expect(comparison.divergence?.isDiverged == true)
        #expect(comparison.sentence.contains("while OOD perplexity is not finite;"))

        let back = World.compare(World.base(["code/a"]).domains, [broken])
        #expect(back.domains[0].verdict == .improved)
        #expect(back.domains[0].theta == -.infinity)
        // A mean of what can be averaged: there is no amount by which the other domain improved.
        let again = World.compare(
            World.base(["code/a"]).domains + [World.measured("code/b", [320])], [broken, World.measured("code/b", [300])])
        #expect(agree(MacroChange(again.oodDomains)?.theta, 0.2))
        let both = World.compare([broken], [broken])
        #expect(both.domains[0].verdict == .undecided)
        #expect(both.domains[0].theta == nil)
    }

    @Test("an in-domain value that is not finite improved nothing")
    func inDomainNotFinite() {
        let broken = World.measured("legal/a", [.infinity] + [Double](repeating: 300, count: 39))
        let comparison = World.compare([broken, World.moved("code/a", by: 1)], World.base(["legal/a", "code/a"]).domains)
        #expect(comparison.divergence == nil)
        #expect(comparison.status == .regressed)
    }

    @Test("failed and missing domains are not evaluated, on whichever side, and never unchanged")
    func missing() throws {
        let comparison = World.compare(
            [World.failed("code/a", "out of memory"), World.moved("code/b", by: 0, spread: 0), World.moved("web/new", by: 0)],
            World.base(["code/a", "code/b", "prose/a"]).domains + [World.failed("web/new", "timed out")])
        let verdicts = Dictionary(uniqueKeysWithValues: comparison.domains.map { ($0.name.description, $0) })
        #expect(verdicts["code/a"]?.verdict == .notEvaluated)
        #expect(verdicts["code/a"]?.reason == "failed: out of memory")
        #expect(verdicts["prose/a"]?.reason == "not evaluated")
        #expect(verdicts["web/new"]?.reason == "failed on base: timed out")
        #expect(verdicts["code/b"]?.verdict == .unchanged)
        #expect(comparison.status == .undecided)
        let onlyNew = World.compare([World.moved("code/a", by: 0)], [])
        #expect(onlyNew.domains[0].reason == "not evaluated on base")
        #expect(onlyNew.status == .notEvaluated)
        #expect(onlyNew.sentence == "checkpoint-60 and base have no evaluated domain in common.")
    }

    @Test("too little for a test is undecided with its value and outside the family")
    func untestable() {
        let small = World.compare(
            [World.measured("code/a", [400]), World.moved("code/b", by: 0.02)],
            [World.measured("code/a", [300])] + World.base(["code/b"]).domains)
        #expect(small.domains[0].verdict == .undecided)
        #expect(small.domains[0].theta == 1)
        #expect(small.domains[0].reason == "one document only: no test is possible")
        #expect(small.domains[1].test?.adjustedP == small.domains[1].test?.margin.p)
        let heavy = World.compare(
            [World.measured("code/a", [40_000, 2, 2], tokens: [10_000, 1, 1])],
            [World.measured("code/a", [30_000, 1, 1], tokens: [10_000, 1, 1])])
        #expect(heavy.domains[0].verdict == .undecided)
        #expect(heavy.domains[0].reason == "one document outweighs all others: no test is possible")
    }

    @Test("a change smaller than the margin is not flagged however certain it is, and called unchanged")
    func margin() {
        let comparison = World.compare([World.moved("code/a", by: 0.004, spread: 0.000_1)], World.base(["code/a"]).domains)
        #expect(comparison.domains[0].verdict == .unchanged)
        let beyond = World.compare([World.moved("code/a", by: 0.006, spread: 0.000_1)], World.base(["code/a"]).domains)
        #expect(beyond.domains[0].verdict == .regressed)
        let noisy = World.compare([World.moved("code/a", by: 0.004, spread: 0.1)], World.base(["code/a"]).domains)
        #expect(noisy.domains[0].verdict == .undecided)
        #expect((noisy.domains[0].test?.minimalDetectable ?? 0) > 0.03)
    }

    @Test("without domains on one side there is no divergence to speak of")
    func oneSided() {
        let comparison = World.compare([World.moved("code/a", by: 0.5)], World.base(["code/a"]).domains)
        #expect(comparison.divergence == nil)
        #expect(comparison.status == .regressed)
        #expect(
            comparison.sentence
                == "checkpoint-60 regressed against base: 1 of 1 OOD domain regressed, most of all code/a (+64.9 %).")
    }

    @Test("OOD worse alone, or in-domain better alone, is no divergence")
    func notDiverged() {
        for (inDomain, ood) in [(0.0, 0.5), (-0.5, 0.0), (0.5, 0.5), (-0.5, -0.5), (0.5, -0.5)] {
            let comparison = World.compare(
                set.map { World.moved($0, by: $0.hasPrefix("legal") ? inDomain : ood, spread: 0.001) }, World.base(set).domains)
            #expect(comparison.divergence?.isDiverged == false, "\(inDomain) \(ood)")
            #expect(comparison.status != .diverged)
        }
    }
}
