import Testing

@testable import TrackCore
@testable import TrackReview

@Suite("One checkpoint on two revisions")
struct LevelChangeTests {
    private static func run(_ set: String, _ domains: [DomainEvidence]) -> RunEvidence {
        var run = World.run(0, domains)
        run.domainSet = set
        return run
    }

    /// Perplexities of about 20 and 403 before; the first 5 % higher after.
    private static let before = run("held-out@1", [World.measured("code/a", [300, 300]), World.measured("prose/a", [600]), old])
    private static let after = run("held-out@2", [World.measured("code/a", [300, 310]), World.measured("prose/a", [600]), new])
    private static let old = World.measured("legal/gone", [900])
    private static let new = World.measured("legal/new", [100])

    @Test("the level is the mean over the domains that both have, every domain counting the same")
    func level() throws {
        let change = try #require(LevelChange.make(before: Self.before, after: Self.after))
        #expect(change.domains == 2 && change.checkpoint == "legal-tune/base")
        #expect(agree(change.theta, 0.025, within: 1e-12))
        #expect(agree(change.before.perplexity, 90.0171, within: 1e-3) && agree(change.after.perplexity, 92.296, within: 1e-3))
        #expect([change.before.domainSet, change.after.domainSet] == ["held-out@1", "held-out@2"])
    }

    @Test("another checkpoint, another protocol, no domain in common and values that are not finite make no level")
    func none() {
        #expect(LevelChange.make(before: Self.before, after: World.run(60, Self.after.domains)) == nil)
        var other = Self.after
        other.scoring = .scored(ScoringProtocol(context: 64))
        #expect(LevelChange.make(before: Self.before, after: other) == nil)
        #expect(LevelChange.make(before: Self.before, after: Self.run("held-out@2", [Self.new])) == nil)
        #expect(LevelChange.make(before: Self.run("x@1", [World.measured("code/a", [.infinity])]), after: Self.after) == nil)
    }

    @Test("a card on a refreshed revision says by how much the documents moved the level, also when only the baseline was evaluated")
    func card() throws {
        var evidence = LineageEvidence(
            lineage: World.lineage, checkpoints: [World.checkpoint(0)], revision: nil, scoring: .scored(ScoringProtocol()),
            runs: [Self.after], levelChange: LevelChange.make(before: Self.before, after: Self.after))
        let words = "held-out@2 took the place of held-out@1: the unchanged legal-tune/base reads 92.30 on the new documents and 90.02 on the "
            + "old ones (+2.53 %, mean of 2 domains). A jump between cards at this point is the documents', not the model's."
        #expect(Scorecard.make(evidence, week: ISOWeek(World.time(0))).attention.contains(.init(urgency: .know, text: words)))
        evidence.checkpoints.append(World.checkpoint(60))
        evidence.runs.append(World.run(60, Self.after.domains))
        let card = Scorecard.make(evidence, week: ISOWeek(World.time(0)))
        #expect(card.attention.contains(.init(urgency: .know, text: words)) && card.levelChange == evidence.levelChange)
        evidence.levelChange = nil
        #expect(!Scorecard.make(evidence, week: ISOWeek(World.time(0))).attention.contains { $0.text.contains("took the place") })
    }

    @Test(
        "perplexities in sentences have four digits",
        arguments: [
            (1.0, "1.000"), (9.99951, "10.00"), (12.314, "12.31"), (99.996, "100.0"), (999.96, "1000"), (12_345.6, "12346"),
            (3e12, "10^12"),
        ])
    func perplexity(value: Double, text: String) {
        #expect(PerplexityText.of(value) == text)
    }
}
