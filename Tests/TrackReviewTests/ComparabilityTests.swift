import Testing

@testable import TrackCore
@testable import TrackReview

@Suite struct ComparabilityTests {
    private static func check(_ treatment: Decontamination.Treatment, found: Int, unchecked: Int = 0) -> Decontamination {
        Decontamination(
            against: ["/data/train"], digest: Digest(ofText: "training"), files: 3, bytes: 1000, minimumWords: 13, falsePositiveRate: 1e-5,
            paragraphs: 50, paragraphsFound: found, documents: 40, documentsFound: found, documentsUnchecked: unchecked,
            treatment: treatment, checkedAt: World.time(0))
    }

    private static func standings(
        _ runs: [RunEvidence], checks: [Decontamination]? = nil, order: TrainingOrder? = nil
    ) -> [String: Scorecard.ComparabilityControl] {
        var revision = DomainSetRevision(
            set: "held-out", number: 1, digest: World.revision, kind: .documents, split: "val", seed: 7, createdAt: World.time(0), domains: [])
        revision.decontaminations = checks
        var lineage = World.lineage
        lineage.trainingOrder = order
        let evidence = LineageEvidence(
            lineage: lineage, checkpoints: runs.map(\.checkpoint), revision: revision, scoring: .scored(ScoringProtocol()), runs: runs)
        let card = Scorecard.make(evidence, week: ISOWeek(World.time(0)))
        return Dictionary(uniqueKeysWithValues: card.comparability.map { ($0.guideline, $0) })
    }

    private static let runs = [World.base(["legal/a"]), World.run(60, [World.moved("legal/a", by: 0)])]

    @Test("what nobody controlled is a limitation; what is computed from the runs holds by itself")
    func unknown() {
        let found = Self.standings(Self.runs)
        #expect(found.mapValues(\.standing) == ["G1": .limitation, "G2": .limitation, "G3": .holds, "G4": .holds, "G5": .holds])
        #expect(found["G3"]?.statement.contains("seed 7") == true)
        #expect(found["G5"]?.statement.contains(ScoringProtocol().digest.short) == true)
    }

    @Test("a format that a table's source only states is a limitation, in its words")
    func stated() {
        var runs = Self.runs
        for index in runs.indices { runs[index].scoring = .stated(StatedProtocol(statement: "as the paper has it")) }
        let found = Self.standings(runs)["G5"]
        #expect(found?.standing == .limitation && found?.statement.contains("as the paper has it") == true)
    }

    @Test("one protocol that scores every document by itself and all of its tokens keeps the format; another does not")
    func formats() {
        func standing(_ first: ScoringProtocol, _ second: ScoringProtocol) -> Scorecard.ComparabilityControl? {
            var runs = Self.runs
            (runs[0].scoring, runs[1].scoring) = (.scored(first), .scored(second))
            return Self.standings(runs)["G5"]
        }
        #expect(standing(ScoringProtocol(), ScoringProtocol())?.standing == .holds)
        let two = standing(ScoringProtocol(), ScoringProtocol(context: 99))
        #expect(two?.standing == .limitation && two?.statement.contains("2 protocols") == true)
        let packed = ScoringProtocol(windows: .packed)
        #expect(standing(packed, packed)?.statement.contains("not Paloma's") == true)
        let assistant = ScoringProtocol(scoring: .assistantTokens)
        #expect(standing(assistant, assistant)?.standing == .limitation)
    }

    @Test("decontamination holds when nothing was found or what was found is gone")
    func decontamination() {
        #expect(Self.standings(Self.runs, checks: [Self.check(.drop, found: 0)])["G1"]?.standing == .holds)
        #expect(Self.standings(Self.runs, checks: [Self.check(.drop, found: 4)])["G1"]?.statement.contains("4 of 40 documents dropped") == true)
        #expect(Self.standings(Self.runs, checks: [Self.check(.keep, found: 0)])["G1"]?.standing == .holds)
        let kept = Self.standings(Self.runs, checks: [Self.check(.drop, found: 0), Self.check(.keep, found: 2, unchecked: 1)])["G1"]
        #expect(kept?.standing == .limitation)
        #expect(kept?.statement.contains("2 of 40 documents") == true && kept?.statement.contains("1 document without") == true)
    }

    @Test("the order of training is a person's word")
    func order() {
        #expect(Self.standings(Self.runs, order: .fixed)["G2"]?.standing == .holds)
        #expect(Self.standings(Self.runs, order: .unknown)["G2"]?.standing == .limitation)
    }

    @Test("other tokenizers, unknown ones, tables and a card without evidence are told apart")
    func others() {
        let other = World.run(60, [World.moved("legal/a", by: 0)], tokenizer: Digest(ofText: "another"))
        #expect(Self.standings([Self.runs[0], other])["G4"]?.statement.contains("2 tokenizers") == true)
        let unknown = World.run(60, [World.moved("legal/a", by: 0)], tokenizer: nil)
        #expect(Self.standings([Self.runs[0], unknown])["G4"]?.standing == .limitation)
        let table = World.run(60, [World.summary("legal/a", perplexity: 9)], kind: .summary(.tokenWeighted))
        #expect(Self.standings([Self.runs[0], table])["G3"]?.standing == .limitation)
        #expect(Self.standings([]).isEmpty)
    }

    @Test("runs on two revisions are a limitation")
    func revisions() {
        var later = Self.runs[1]
        later.domainSet = "held-out@2"
        #expect(Self.standings([Self.runs[0], later])["G3"]?.statement.contains("held-out@1 and held-out@2") == true)
    }
}
