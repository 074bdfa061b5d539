import Testing

@testable import TrackCore
@testable import TrackReview

@Suite("The card of a week")
struct ScorecardTests {
    private let set = ["legal/a", "code/a", "code/b", "prose/a", "prose/b"]
    private let week = ISOWeek(Timestamp(milliseconds: 1_795_000_000_000))

    /// In-domain falls and OOD rises by step; code/a the most.
    private func run(_ step: Int64) -> RunEvidence {
        let size = Double(step) / 100
        return World.run(
            step,
            set.map { name in
                step == 0
                    ? World.moved(name, by: 0, spread: 0)
                    : World.moved(name, by: name == "legal/a" ? -size : name == "code/a" ? 3 * size : size, spread: 0.01)
            })
    }

    private func evidence(
        _ steps: [Int64], checkpoints: [Int64]? = nil, lineage: Lineage = World.lineage
    ) -> LineageEvidence {
        LineageEvidence(
            lineage: lineage, checkpoints: (checkpoints ?? steps).map { World.checkpoint($0) }, revision: nil, scoring: .scored(ScoringProtocol()),
            runs: steps.map { run($0) })
    }

    @Test("judges the newest checkpoint against baseline and previous, and draws the scissors")
    func full() throws {
        let card = Scorecard.make(evidence([40, 0, 60, 20]), week: week)
        #expect(card.checkpoints.map(\.name) == ["base", "checkpoint-20", "checkpoint-40", "checkpoint-60"])
        #expect(card.current == 3)
        #expect(card.headline.status == .diverged)
        #expect(card.headline.sentence.hasPrefix("checkpoint-60 diverged from base: in-domain perplexity fell by 45"))
        #expect(card.domains.first?.verdict.isJudged == true)
        #expect(Set(card.domains.map(\.verdict)) == [.improved, .regressed])
        #expect(card.domains.allSatisfy { $0.previousVerdict == ($0.isInDomain ? .improved : .regressed) })
        #expect(card.domains.allSatisfy { $0.path.count == 4 && $0.path.allSatisfy { $0 != nil } })
        #expect(card.paths.inDomain[0] == Scorecard.Estimate(theta: 0, low: 0, high: 0))
        let inDomain = card.paths.inDomain.compactMap { $0?.theta }
        let ood = card.paths.ood.compactMap { $0?.theta }
        #expect(inDomain == inDomain.sorted(by: >) && inDomain.count == 4)
        #expect(ood == ood.sorted() && ood.count == 4)
        #expect(agree(card.paths.gapTrendPerCheckpoint, 0.2 + 0.3, within: 0.02))
        #expect(card.asOf == World.time(61))
        #expect(card.provenance.map(\.checkpoint) == ["base", "checkpoint-20", "checkpoint-40", "checkpoint-60"])
        #expect(card.week == "2026-W47")
        #expect(card.domains.allSatisfy { ($0.divergenceAdjustedP == nil) == $0.isInDomain })
    }

    @Test("checkpoints stand by step after the baseline, whatever the order of their arrival")
    func columns() {
        var evidence = evidence([], checkpoints: [0])
        evidence.checkpoints += [World.checkpoint(60, id: 2), World.checkpoint(20, id: 3), World.checkpoint(40, id: 4)]
        let card = Scorecard.make(evidence, week: week)
        #expect(card.checkpoints.map(\.step) == [0, 20, 40, 60])
        #expect(card.checkpoints.map(\.isBaseline) == [true, false, false, false])
    }

    @Test("a checkpoint without finite values leaves the trend to the others")
    func trend() {
        var evidence = evidence([0, 20, 40, 60])
        evidence.runs[2].domains[1] = World.measured("code/a", [.infinity] + [Double](repeating: 300, count: 39))
        let card = Scorecard.make(evidence, week: week)
        #expect(card.paths.ood[2]?.theta == .infinity)
        #expect(agree(card.paths.gapTrendPerCheckpoint, 0.5, within: 0.02))
    }

    @Test("another protocol is said once, not for every domain, and an open job is named once")
    func once() {
        var evidence = evidence([0, 60], checkpoints: [0, 60, 80])
        evidence.runs[1].scoring = .scored(ScoringProtocol(context: 64))
        evidence.notEvaluated = [.init(subject: "checkpoint-80", reason: "its evaluation is queued")]
        let card = Scorecard.make(evidence, week: week)
        #expect(card.headline.status == .notComparable)
        #expect(!card.attention.contains { $0.text.contains("not comparable") })
        #expect(card.notEvaluated == evidence.notEvaluated)
    }

    @Test("what needs attention comes with names and sizes, the largest first")
    func attention() throws {
        let card = Scorecard.make(evidence([0, 20, 60], checkpoints: [0, 20, 60, 80]), week: week)
        let texts = card.attention.map(\.text)
        #expect(card.attention.first?.urgency == .act)
        #expect(texts.first?.hasPrefix("4 OOD domains regressed against base: code/a (+5") == true)
        #expect(texts.contains { $0.hasPrefix("4 domains regressed against the previous checkpoint checkpoint-20: code/a") })
        #expect(texts.contains("Not evaluated yet: checkpoint-80."))
        #expect(card.notEvaluated.map(\.subject) == ["checkpoint-80"])
        #expect(card.current == 2)
    }

    @Test("rows stand by evidence: flagged, then tested, then without a comparison, equals by name")
    func order() {
        let reference = World.run(0, set.map { World.moved($0, by: 0, spread: 0) })
        let run = World.run(
            60,
            [
                World.failed("legal/a", "out of memory"), World.moved("code/a", by: 0.001, spread: 0.001),
                World.moved("code/b", by: 0.3, spread: 0.01), World.moved("prose/a", by: 0.3, spread: 0.1),
                World.measured("prose/b", [.infinity] + [Double](repeating: 300, count: 39)),
            ])
        let card = Scorecard.make(
            LineageEvidence(
                lineage: World.lineage, checkpoints: [World.checkpoint(0), World.checkpoint(60)], revision: nil, scoring: nil,
                runs: [reference, run]), week: week)
        #expect(card.domains.map(\.name.description) == ["prose/b", "code/b", "prose/a", "code/a", "legal/a"])
        #expect(card.domains[0].currentPerplexity == .infinity)
        #expect(card.attention[0].text.hasPrefix("The perplexity is not finite in prose/b"))
        #expect(card.attention.contains { $0.text == "1 domain not evaluated: legal/a (failed: out of memory)." })
        #expect(card.notEvaluated == [.init(subject: "legal/a", reason: "failed: out of memory")])
    }

    @Test("a lineage of only a baseline, of nothing evaluated and without a baseline each get a card that says so")
    func beginnings() {
        let only = Scorecard.make(evidence([0]), week: week)
        #expect(only.headline.status == .notEvaluated)
        #expect(only.headline.sentence == "Only the baseline base of legal-tune has been evaluated: there is nothing to compare yet.")
        #expect(only.current == nil && only.domains.count == 5 && only.notEvaluated.isEmpty)
        #expect(only.domains.allSatisfy { $0.verdict == .notEvaluated && $0.baselinePerplexity != nil && $0.change == nil })

        let nothing = Scorecard.make(evidence([], checkpoints: [0, 20]), week: week)
        #expect(nothing.headline.sentence == "No checkpoint of legal-tune has been evaluated yet.")
        #expect(nothing.notEvaluated.map(\.subject) == ["base", "checkpoint-20"])
        #expect(nothing.asOf == nil && nothing.domains.isEmpty)

        let late = Scorecard.make(evidence([20], checkpoints: [0, 20]), week: week)
        #expect(late.headline.sentence.hasPrefix("The baseline base of legal-tune has not been evaluated"))
        #expect(late.attention.contains { $0.text == "Not evaluated yet: base." })

        let lineage = Lineage(id: 1, name: "legal-tune", baseline: nil, inDomain: ["legal/*"], domainSet: nil)
        let unnamed = Scorecard.make(evidence([0, 20], lineage: lineage), week: week)
        #expect(unnamed.headline.sentence == "legal-tune names no baseline, so that nothing can be judged.")

        let empty = Scorecard.make(evidence([], checkpoints: []), week: week)
        #expect(empty.headline.status == .notEvaluated)
    }

    @Test("a list that leaves a side empty is pointed out")
    func lists() {
        let none = Lineage(id: 1, name: "legal-tune", baseline: 1, inDomain: [], domainSet: nil)
        let card = Scorecard.make(evidence([0, 60], lineage: none), week: week)
        #expect(card.divergence == nil)
        #expect(card.attention.contains { $0.text.hasPrefix("No in-domain domains are named") })
        let wrong = Lineage(id: 1, name: "legal-tune", baseline: 1, inDomain: ["medicine/*"], domainSet: nil)
        #expect(
            Scorecard.make(evidence([0, 60], lineage: wrong), week: week).attention
                .contains { $0.text.hasPrefix("None of the in-domain domains medicine/* is in this domain set") })
        let all = Lineage(id: 1, name: "legal-tune", baseline: 1, inDomain: ["legal/*", "code/*", "prose/*"], domainSet: nil)
        #expect(
            Scorecard.make(evidence([0, 60], lineage: all), week: week).attention
                .contains { $0.text.hasPrefix("Every domain of the set is in-domain") })
    }

    @Test("the card says what its numbers promise and what they do not")
    func rules() {
        let card = Scorecard.make(evidence([0, 60]), week: week)
        #expect(card.rules.statements.contains { $0.contains("at most 5 % of flagged domains are false flags") })
        #expect(card.rules.statements.contains { $0.hasPrefix("A change counts from 0.5 % on.") })
        #expect(card.rules.statements.contains { $0.contains("training noise is not in the intervals") })
        #expect(card.rules.q == 0.05)
    }

    @Test("small domains and other tokenizers are marked")
    func method() {
        let reference = World.run(0, ["legal/a", "code/a"].map { World.moved($0, by: 0, documents: 12, spread: 0) })
        let run = World.run(
            60, ["legal/a", "code/a"].map { World.moved($0, by: 0.01, documents: 12) }, tokenizer: Digest(ofText: "another"))
        let card = Scorecard.make(
            LineageEvidence(
                lineage: World.lineage, checkpoints: [World.checkpoint(0), run.checkpoint], revision: nil, scoring: nil,
                runs: [reference, run]), week: week)
        #expect(card.attention.contains { $0.text.hasPrefix("2 domains with fewer than 30 effective documents") })
        #expect(card.attention.contains { $0.text.contains("changes are per byte, not per token") })
        #expect(card.rules.statements.contains { $0.hasPrefix("The tokenizers differ") })
        #expect(card.domains.allSatisfy { $0.unit == .bitsPerByte })
    }

    @Test("one document that makes most of the spread of a flagged domain is pointed out")
    func dominance() {
        let before = (0..<40).map { _ in 300.0 }
        let after = before.enumerated().map { $1 + 60 + ($0 == 7 ? 40 : Double($0 % 3)) }
        let card = Scorecard.make(
            LineageEvidence(
                lineage: World.lineage, checkpoints: [World.checkpoint(0), World.checkpoint(60)], revision: nil, scoring: nil,
                runs: [World.run(0, [World.measured("code/a", before)]), World.run(60, [World.measured("code/a", after)])]), week: week)
        #expect(card.domains[0].verdict == .regressed)
        #expect(card.attention.contains { $0.text.hasPrefix("A single document makes more than half of the spread in code/a") })
    }
}
