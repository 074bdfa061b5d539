import Testing

@testable import TrackCore
@testable import TrackReview

/// Domains around 3 nats per token: a relative noise of r in both runs can make a change of about 6r.
@Suite("The evaluator's own noise on a card")
struct NoiseTests {
    private static let week = ISOWeek(World.time(0))

    private static func card(_ noise: Double?, baseline: Double? = nil, change: Double = 0.02) -> Scorecard {
        var runs = [
            World.base(["legal/a", "code/a"]),
            World.run(60, [World.moved("legal/a", by: -0.4), World.moved("code/a", by: change)]),
        ]
        runs[0].effort = (baseline ?? noise).map { EvaluationEffort(noise: $0) }
        runs[1].effort = noise.map { EvaluationEffort(tokensPerSecond: 1204, noise: $0) }
        return Scorecard.make(
            LineageEvidence(
                lineage: World.lineage, checkpoints: runs.map(\.checkpoint), revision: nil, scoring: .scored(ScoringProtocol()), runs: runs),
            week: week)
    }

    private static func row(_ card: Scorecard, _ name: String) -> Scorecard.DomainRow? {
        card.domains.first { $0.name.description == name }
    }

    private static func items(_ card: Scorecard) -> [String] { card.attention.map(\.text).filter { $0.contains("evaluator's own noise") } }

    @Test("a bound of both runs' noise stands beside the changes of which it could make a tenth, and beside no other")
    func rows() throws {
        let card = Self.card(0.001)
        let floor = try #require(Self.row(card, "code/a")?.noise)
        #expect(floor > 0.0055 && floor < 0.0065)
        #expect(Self.row(card, "legal/a")?.noise == nil)
        #expect(Self.items(card).count == 1)
        #expect(Self.items(card)[0].hasPrefix("The change of 1 domain is made by the evaluator's own noise to a tenth or more"))
        #expect(Self.items(card)[0].contains("code/a (+2.0") || Self.items(card)[0].contains("code/a (+1.9"))
    }

    @Test("a change that noise could make wholly is no news, and the verdict stays as the rules have it")
    func within() {
        let card = Self.card(0.005)
        #expect(Self.items(card).first?.contains("1 domain is not larger than the evaluator's own noise") == true)
        #expect(Self.row(card, "code/a")?.verdict == Self.row(Self.card(nil), "code/a")?.verdict)
        #expect(Self.row(card, "code/a")?.verdict == .regressed)
    }

    @Test("noise that no page could show is not named, however small the change is")
    func unseen() {
        let card = Self.card(2e-7, change: 0)
        #expect(card.domains.allSatisfy { $0.noise == nil } && Self.items(card).isEmpty)
    }

    @Test("noise without bound, from a broken evaluator, is named in words")
    func unbounded() {
        for noise in [Double.infinity, 1e300] {
            #expect(Self.items(Self.card(noise)).first?.contains("noise up to any size") == true)
        }
    }

    @Test("one run that did not measure it leaves the bound unknown, and the card says how many did")
    func unmeasured() {
        var card = Self.card(nil)
        #expect(card.rules.statements.contains { $0.hasPrefix("No run measured how well its evaluator repeats itself") })
        card = Self.card(nil, baseline: 0.01)
        #expect(card.domains.allSatisfy { $0.noise == nil } && Self.items(card).isEmpty)
        #expect(card.rules.statements.contains { $0.hasPrefix("1 run measured") && $0.contains("The other 1 did not measure it.") })
        #expect(Self.card(0.001).rules.statements.contains { $0.hasPrefix("2 runs measured") && !$0.contains("The other") })
    }

    @Test("every citation carries what its run cost")
    func effort() {
        #expect(Self.card(0.001).provenance.map(\.effort?.tokensPerSecond) == [nil, 1204])
    }

    @Test("where tokenizers differ the bound is per byte, as the changes are")
    func perByte() throws {
        var runs = [World.base(["code/a"]), World.run(60, [World.moved("code/a", by: 0.02)], tokenizer: Digest(ofText: "another"))]
        for index in runs.indices { runs[index].effort = EvaluationEffort(noise: 0.001) }
        let comparison = RunComparison.make(of: runs[1], against: runs[0], lineage: World.lineage)
        #expect(comparison.unit == .bitsPerByte)
        let floor = try #require(NoiseFloor(runs[1], runs[0], unit: comparison.unit).floors[World.name("code/a")])
        #expect(floor > 0.0055 / 4 && floor < 0.0065 / 4)
    }
}
