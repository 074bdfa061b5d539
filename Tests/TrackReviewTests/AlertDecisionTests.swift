import Testing

@testable import TrackCore
@testable import TrackReview

@Suite("The life of an alert")
struct AlertDecisionTests {
    enum Newest: CaseIterable {
        case none, notComparable, table, calmTable, oodRegressed, oodNotFinite, oodBothRegressedAndFailed, onlyInDomainRegressed
        case allUnchanged, oodImproved, oodUndecided, oodFailed, oodMissing, oodNotComparable, noOOD
    }

    enum Outcome: Hashable { case open, keep, resolve, nothing }

    private static let set = ["legal/a", "code/a", "code/b"]

    private func comparison(_ newest: Newest) -> RunComparison? {
        let base = World.base(Self.set).domains
        func compare(_ changes: [Double], spread: Double = 0.001) -> RunComparison {
            World.compare(zip(Self.set, changes).map { World.moved($0, by: $1, spread: spread) }, base)
        }
        func replacing(_ domain: DomainEvidence?) -> RunComparison {
            World.compare(Array(base.prefix(2)) + (domain.map { [$0] } ?? []), base)
        }
        switch newest {
        case .none: return nil
        case .notComparable:
            return RunComparison.make(
                of: World.run(60, base, scoring: .scored(ScoringProtocol(context: 64))), against: World.run(0, base), lineage: World.lineage)
        case .table:
            return RunComparison.make(
                of: World.run(60, [World.summary("code/a", perplexity: 900)], kind: .summary(.tokenWeighted)), against: World.run(0, base),
                lineage: World.lineage)
        case .calmTable:
            return RunComparison.make(
                of: World.run(60, Self.set.map { World.summary($0, perplexity: 1.5) }, kind: .summary(.tokenWeighted)),
                against: World.run(0, base), lineage: World.lineage)
        case .oodRegressed: return compare([0, 0, 0.2])
        case .oodNotFinite: return replacing(World.measured("code/b", [.infinity] + [Double](repeating: 300, count: 39)))
        case .oodBothRegressedAndFailed:
            return World.compare([World.moved("code/a", by: 0.3), World.failed("code/b", "timed out")], base)
        case .onlyInDomainRegressed: return compare([0.2, 0, 0])
        case .allUnchanged: return compare([0, 0, 0])
        case .oodImproved: return compare([0, -0.2, 0])
        case .oodUndecided: return compare([0, 0, 0], spread: 0.3)
        case .oodFailed: return replacing(World.failed("code/b", "out of memory"))
        case .oodMissing: return replacing(nil)
        case .oodNotComparable: return replacing(World.moved("code/b", by: 0, documents: 20, spread: 0))
        case .noOOD: return World.compare(Array(base.prefix(1)), Array(base.prefix(1)))
        }
    }

    /// The whole product of states and inputs.
    private func expected(_ state: AlertView.State?, _ newest: Newest) -> Outcome {
        switch (newest, state) {
        case (.oodRegressed, .firing), (.oodNotFinite, .firing), (.oodBothRegressedAndFailed, .firing): .keep
        case (.oodRegressed, _), (.oodNotFinite, _), (.oodBothRegressedAndFailed, _): .open
        case (.allUnchanged, .firing), (.oodImproved, .firing), (.oodUndecided, .firing), (.onlyInDomainRegressed, .firing): .resolve
        default: .nothing
        }
    }

    @Test("opens, stays and ends exactly as the rule says, for every state and input", arguments: Newest.allCases)
    func decisions(_ newest: Newest) {
        let comparison = comparison(newest)
        for state in [nil, AlertView.State.firing, .resolved] {
            let outcome: Outcome =
                switch AlertRule.oodRegression.decide(state: state, newest: comparison) {
                case .open: .open
                case .keep: .keep
                case .resolve: .resolve
                case .nothing: .nothing
                }
            #expect(outcome == expected(state, newest), "\(newest), \(String(describing: state))")
        }
    }

    @Test("says what happened and cites both runs")
    func evidence() throws {
        let newest = try #require(comparison(.oodRegressed))
        guard case .open(let evidence) = AlertRule.oodRegression.decide(state: nil, newest: newest) else {
            Issue.record("must open")
            return
        }
        #expect(evidence.summary == newest.sentence)
        #expect(evidence.run == newest.run)
        #expect(evidence.reference == newest.reference)
        #expect(evidence.checkpoint.description.name == "checkpoint-60")
        let calm = try #require(comparison(.allUnchanged))
        #expect(
            AlertRule.oodRegression.decide(state: .firing, newest: calm)
                == .resolve("checkpoint-60 against base: none of 2 OOD domains regressed."))
    }

    @Test("the fingerprint is of rule and lineage alone")
    func fingerprint() {
        let one = AlertRule.oodRegression.fingerprint(lineage: "legal-tune")
        #expect(one == AlertRule.oodRegression.fingerprint(lineage: "legal-tune"))
        #expect(one != AlertRule.oodRegression.fingerprint(lineage: "legal-tune-2"))
        #expect(one == Digest(ofText: #"{"lineage":"legal-tune","rule":"ood_regression"}"#))
    }
}
