import Testing

@testable import TrackCore
@testable import TrackReview
@testable import TrackStatistics

@Suite struct RevisionPowerTests {
    private static func revision(_ domains: [(String, documents: Int, bytes: Int64)]) -> DomainSetRevision {
        DomainSetRevision(
            set: "held-out", number: 1, digest: World.revision, kind: .documents, split: "val", seed: 7, createdAt: World.time(0),
            domains: domains.map { DomainOfRevision(name: World.name($0.0), documents: $0.documents, bytes: $0.bytes, words: 1) })
    }

    private static func power(
        _ revision: DomainSetRevision, bytes: [[Int64]], run: RunEvidence? = nil, partner: RunEvidence? = nil
    ) -> RevisionPower {
        .make(.init(revision: revision, bytes: bytes, run: run, partner: partner, lineage: run == nil ? nil : World.lineage))
    }

    /// ln 1.005 + (z₁₋ₐ + z₀.₈) · 11/√tokens · √0.02 with a = 0.05/K/2 and tokens = min(T, 471 n_eff); quantiles of Python's statistics.NormalDist.
    @Test("without a pair the published spread is used, and a few long documents are worth their number")
    func published() {
        let many = Self.power(Self.revision([("a/a", 1000, 400_000)]), bytes: [Array(repeating: 400, count: 1000)])
        #expect(abs((many.domains[0].minimalDetectable ?? 0) - 0.01876951849444914) < 1e-9)
        let two = Self.power(
            Self.revision([("a/a", 1000, 400_000), ("b/books", 10, 400_000)]),
            bytes: [Array(repeating: 400, count: 1000), Array(repeating: 40_000, count: 10)])
        #expect(abs((two.domains[0].minimalDetectable ?? 0) - 0.020154014048638577) < 1e-9)
        #expect(abs((two.domains[1].minimalDetectable ?? 0) - 0.07487095811176873) < 1e-9)
        #expect(two.domains.map(\.basis) == [.published, .published])
        #expect(two.domains[0].warnings.isEmpty)
        #expect(two.domains[1].warnings.count == 1 && two.domains[1].warnings[0].contains("a few long documents, worth 10 equal ones"))
        #expect(two.domains[0].tokens == nil)
        #expect(two.statements.contains { $0.contains("quarter of the bytes") })
    }

    @Test("with a pair of runs its own spread is used: the minimal detectable effect of a comparison with nothing flagged")
    func pair() throws {
        let names = ["legal/a", "news/b"]
        let base = World.run(0, names.map { World.moved($0, by: 0, spread: 0) })
        let run = World.run(60, names.map { World.moved($0, by: 0.0001) })
        let power = Self.power(
            Self.revision(names.map { ($0, 40, 16_000) }), bytes: names.map { _ in Array(repeating: 400, count: 40) }, run: run, partner: base)
        let comparison = RunComparison.make(of: run, against: base, lineage: World.lineage)
        for domain in power.domains {
            let test = try #require(comparison.domain(domain.name.description)?.test)
            #expect(domain.basis == .pair)
            #expect(domain.minimalDetectable == test.minimalDetectable)
            #expect(domain.tokens == 4000 && abs(domain.effectiveDocuments - 40) < 1e-9)
        }
        #expect(power.checkpoint == "legal-tune/checkpoint-60" && power.reference == "legal-tune/base")
        #expect(power.statements.contains { $0.contains("between legal-tune/checkpoint-60 and legal-tune/base") })
    }

    @Test("low power and a document that owns its domain are warned of")
    func warnings() {
        let run = World.run(
            0, [World.measured("legal/a", Array(repeating: 300, count: 40), tokens: Array(repeating: 100, count: 39) + [900])])
        let power = Self.power(
            Self.revision([("legal/a", 40, 16_000)]), bytes: [Array(repeating: 400, count: 40)], run: run)
        // (39·100 + 900)² / (39·100² + 900²) = 19.2; 900/4800 = 18.75 %.
        #expect(abs(power.domains[0].effectiveDocuments - 19.2) < 1e-9)
        #expect(power.domains[0].warnings == [
            "19.2 effective documents, fewer than 30: only large changes show",
            "its longest document is 18.8 % of it, and can own its result",
        ])
    }
}
