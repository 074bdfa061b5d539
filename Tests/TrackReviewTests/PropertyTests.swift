import Testing

@testable import TrackCore
@testable import TrackReview
@testable import TrackStatistics

/// Random evidence from fixed seeds.
@Suite("What holds for any evidence")
struct PropertyTests {
    private static let names = ["legal/a", "legal/b", "code/a", "code/b", "prose/a", "prose/b", "web/a"]

    /// Pairs of runs with everything that can happen to a domain.
    private func pair(_ seed: UInt64) -> (run: RunEvidence, reference: RunEvidence) {
        var dice = Dice(seed: seed)
        var run: [DomainEvidence] = []
        var reference: [DomainEvidence] = []
        for name in Self.names {
            let count = Int.random(in: 1...60, using: &dice)
            let tokens = (0..<count).map { _ in Int64.random(in: 1...400, using: &dice) }
            let before = tokens.map { Double($0) * (3 + 0.2 * dice.normal()) }
            let change = 0.05 * dice.normal()
            var after = zip(before, tokens).map { $0 + Double($1) * (change + 0.02 * dice.normal()) }
            let bytes = tokens.map { $0 * 4 }
            let luck = Int.random(in: 0..<10, using: &dice)
            if luck == 0 { after[0] = .infinity }
            let keep = luck == 1 ? max(1, count - 3) : count
            switch luck {
            case 2: run.append(World.failed(name, "out of memory"))
            case 3: break
            default:
                run.append(
                    World.measured(name, Array(after.prefix(keep)), tokens: Array(tokens.prefix(keep)), bytes: Array(bytes.prefix(keep))))
            }
            if luck != 4 { reference.append(World.measured(name, before, tokens: tokens, bytes: bytes)) }
        }
        return (World.run(60, run), World.run(0, reference))
    }

    private func compare(_ pair: (run: RunEvidence, reference: RunEvidence)) -> RunComparison {
        RunComparison.make(of: pair.run, against: pair.reference, lineage: World.lineage)
    }

    @Test("a verdict never contradicts its own numbers", arguments: 1...150)
    func consistency(seed: Int) {
        let comparison = compare(pair(UInt64(seed)))
        let rules = comparison.rules
        for domain in comparison.domains {
            if let test = domain.test {
                #expect(test.ratio.degreesOfFreedom >= 1)
                #expect(test.adjustedP >= test.margin.p)
                #expect(test.minimalDetectable >= rules.margin)
                let flagged = test.adjustedP <= rules.q
                switch domain.verdict {
                case .regressed: #expect(flagged && test.ratio.theta > rules.margin)
                case .improved: #expect(flagged && test.ratio.theta < -rules.margin)
                case .unchanged: #expect(!flagged && abs(test.ratio.theta) <= rules.margin)
                case .undecided: #expect(!flagged)
                default: Issue.record("\(domain.verdict) with a test")
                }
            } else {
                let isInfinite = domain.theta?.isInfinite == true
                switch domain.verdict {
                case .regressed, .improved: #expect(isInfinite)
                case .undecided, .notEvaluated, .notComparable: #expect(domain.reason != nil)
                default: Issue.record("\(domain.verdict) without a test")
                }
            }
        }
        #expect(comparison.sentence.hasSuffix("."))
        #expect(!comparison.sentence.contains("nan") && !comparison.sentence.contains("Optional"))
    }

    @Test("exchanging the two runs turns every ratio and verdict", arguments: 1...60)
    func exchange(seed: Int) {
        let pair = pair(UInt64(seed))
        let forth = compare(pair)
        let back = RunComparison.make(of: pair.reference, against: pair.run, lineage: World.lineage)
        let mirrored: [DomainVerdict: DomainVerdict] = [.regressed: .improved, .improved: .regressed]
        for domain in forth.domains {
            let other = back.domains.first { $0.name == domain.name }
            #expect(other?.verdict == mirrored[domain.verdict] ?? domain.verdict)
            #expect(other?.theta == domain.theta.map { -$0 })
            #expect(other?.test?.adjustedP == domain.test?.adjustedP)
        }
    }

    @Test("the order of documents and of domains says nothing", arguments: 1...60)
    func order(seed: Int) {
        let pair = pair(UInt64(seed))
        let plain = compare(pair)
        func reordered(_ run: RunEvidence) -> RunEvidence {
            var run = run
            run.domains = run.domains.reversed()
            return run
        }
        let turned = compare((reordered(pair.run), reordered(pair.reference)))
        for domain in plain.domains { #expect(turned.domains.first { $0.name == domain.name } == domain) }

        // By digest the documents of one side may lie in any order; the verdicts stay.
        var dice = Dice(seed: UInt64(seed) + 1000)
        var shuffled = pair.run
        shuffled.revision = Digest(ofText: "another revision")
        shuffled.domains = shuffled.domains.map { domain in
            guard case .measured(let scores, let documents) = domain.outcome else { return domain }
            let order = scores.nll.indices.shuffled(using: &dice)
            let turned = DocumentScores(
                nll: order.map { scores.nll[$0] }, tokens: order.map { scores.tokens[$0] }, bytes: order.map { scores.bytes[$0] },
                words: order.map { scores.words[$0] }, histogram: [])
            return DomainEvidence(name: domain.name, outcome: .measured(turned, documents: order.map { documents[$0] }))
        }
        let joined = compare((shuffled, pair.reference))
        #expect(joined.domains.map(\.verdict) == plain.domains.map(\.verdict))
        #expect(joined.domains.map(\.theta) == plain.domains.map(\.theta))
    }

    @Test("a card of any evidence is complete and the same twice", arguments: 1...40)
    func card(seed: Int) {
        let pair = pair(UInt64(seed))
        let evidence = LineageEvidence(
            lineage: World.lineage, checkpoints: [World.checkpoint(60), World.checkpoint(0)], revision: nil, scoring: .scored(ScoringProtocol()),
            runs: [pair.run, pair.reference])
        let card = Scorecard.make(evidence, week: ISOWeek(World.time(0)))
        var turned = evidence
        turned.checkpoints.reverse()
        turned.runs.reverse()
        #expect(Scorecard.make(turned, week: ISOWeek(World.time(0))) == card)
        #expect(Set(card.domains.map(\.name)).count == card.domains.count)
        #expect(card.domains.allSatisfy { $0.path.count == 2 })
        #expect(card.paths.ood.count == 2 && card.paths.inDomain.count == 2)
        #expect(card.headline.sentence == compare(pair).sentence)
        let missing = card.domains.count { $0.verdict == .notEvaluated }
        #expect(card.notEvaluated.count == missing)
    }

    @Test("where nothing changed beyond the margin the share of false flags stays at q")
    func falseFlags() {
        var cards = 0
        var withFlag = 0
        for seed in 1...100 {
            var dice = Dice(seed: UInt64(seed) * 7919)
            var run: [DomainEvidence] = []
            var reference: [DomainEvidence] = []
            for domain in 0..<20 {
                let before = (0..<40).map { _ in 100 * (3 + 0.3 * dice.normal()) }
                // On the margin itself: the hardest true hypothesis.
                let after = before.map { $0 + 100 * (ReviewRules().margin + 0.01 * dice.normal()) }
                reference.append(World.measured("code/d\(domain)", before))
                run.append(World.measured("code/d\(domain)", after))
            }
            cards += 1
            let verdicts = World.compare(run, reference).domains.map(\.verdict)
            if verdicts.contains(.regressed) || verdicts.contains(.improved) { withFlag += 1 }
        }
        // Every flag here is false, so that the false discovery proportion of a card is 1 or 0. The two-sided p at the margin is
        // twice a one-sided one, so that half of q is what can be expected.
        #expect(Double(withFlag) / Double(cards) <= 0.06, "\(withFlag) of \(cards)")
    }
}
