import Testing
import TrackCore

@testable import TrackEvaluators

@Suite struct DomainSelectionTests {
    static let texts = (0..<10).map { "document \($0)" }

    /// A domain of these texts; the line of an entry is the place of its text among them.
    private static func domain(_ name: String, _ texts: [String] = texts, tokens: (Int) -> UInt32 = { _ in 0 }) throws -> DomainIndex.Domain
    {
        let entries = texts.enumerated().map { index, text in
            DomainIndex.Entry(
                digest: PackedDigest(Digest(ofText: text)), file: 0, line: UInt32(index), bytes: UInt32(text.utf8.count),
                tokens: tokens(index))
        }
        return DomainIndex.Domain(name: try #require(DomainName(name)), entries: entries)
    }

    private static func order(_ domain: DomainIndex.Domain) -> [Int] { domain.entries.map { Int($0.line) } }

    /// The orders are printed by Reference/selection.py, an independent computation.
    @Test(
        "a seed gives the same order for ever",
        arguments: [
            ("legal/licences", Int64(7), [1, 3, 6, 2, 9, 7, 4, 0, 8, 5]), ("legal/licences", 8, [8, 6, 7, 3, 9, 5, 2, 4, 1, 0]),
            ("code/python", 7, [2, 8, 0, 3, 6, 5, 7, 9, 4, 1]), ("code/python", -1, [7, 4, 5, 0, 6, 1, 9, 3, 8, 2]),
        ])
    func golden(domain: String, seed: Int64, order: [Int]) throws {
        var domain = try Self.domain(domain)
        #expect(Self.order(DomainSelection.select([domain], seed: seed, targets: nil)[0]) == order)
        domain.entries.reverse()
        #expect(Self.order(DomainSelection.select([domain], seed: seed, targets: nil)[0]) == order)
    }

    /// The published first values for the state 1234567.
    @Test("the generator is SplitMix64")
    func generator() {
        var random = SelectionRandom(state: 1_234_567)
        #expect(
            [random.next(), random.next(), random.next()] == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }

    @Test("whole documents are taken until the target is reached, and at least one", arguments: [1, 10, 11, 20, 25, 99, 100, 1000])
    func target(bytes: Int64) throws {
        let all = try Self.domain("a/a")
        let whole = Self.order(DomainSelection.select([all], seed: 3, targets: nil)[0])
        let targets = SelectionTargets(unit: .bytes, perDomain: bytes, perSource: nil)
        let taken = DomainSelection.select([all], seed: 3, targets: targets)
        // Every text has ten bytes.
        let needed = min(10, max(1, Int((bytes + 9) / 10)))
        #expect(Self.order(taken[0]) == Array(whole.prefix(needed)))
        #expect(targets.shortfalls(of: taken).count == (bytes > 100 ? 1 : 0))
    }

    @Test("tokens are counted where tokens are asked for")
    func tokens() throws {
        let domain = try Self.domain("a/a") { UInt32(100 * $0) }
        let targets = SelectionTargets(unit: .tokens, perDomain: 1000, perSource: nil, tokenizer: Digest(ofText: "t"))
        let taken = DomainSelection.select([domain], seed: 3, targets: targets)[0]
        let amounts = taken.entries.map { Int64($0.tokens) }
        #expect(amounts.reduce(0, +) >= 1000)
        #expect(amounts.dropLast().reduce(0, +) < 1000)
    }

    @Test("another domain does not move the order of this one")
    func independence() throws {
        let one = try Self.domain("b/b")
        let other = try Self.domain("a/a", ["x"])
        let together = DomainSelection.select([one, other], seed: 1, targets: nil)
        #expect(together.map(\.name.description) == ["a/a", "b/b"])
        #expect(together[1] == DomainSelection.select([one], seed: 1, targets: nil)[0])
    }

    /// Two sources of domains of random sizes.
    @Test("every choice is the front of the order, reaches its targets where it can, and is not moved by another source")
    func properties() throws {
        var random = SelectionRandom(state: 5)
        for round in 0..<300 {
            let seed = Int64(round) - 150
            func domains(_ source: String) throws -> [DomainIndex.Domain] {
                try (0..<Int(1 + random.next(below: 4))).map { index in
                    let count = Int(1 + random.next(below: 30))
                    return try Self.domain("\(source)/d\(index)", (0..<count).map { "\(source) \(index) \($0) \(round)" })
                }
            }
            let (a, b) = (try domains("a"), try domains("b"))
            let perSource = random.next(below: 4) == 0 ? nil : Int64(1 + random.next(below: 900))
            let perDomain = perSource != nil && random.next(below: 3) == 0 ? nil : Int64(1 + random.next(below: 200))
            let targets = SelectionTargets(unit: .bytes, perDomain: perDomain, perSource: perSource)
            let whole = DomainSelection.select(a + b, seed: seed, targets: nil)
            let chosen = DomainSelection.select(a + b, seed: seed, targets: targets)
            #expect(DomainSelection.select((b + a).reversed(), seed: seed, targets: targets) == chosen)
            #expect(DomainSelection.select(a, seed: seed, targets: targets) == Array(chosen.prefix(a.count)))
            for (all, some) in zip(whole, chosen) {
                #expect(!some.entries.isEmpty)
                #expect(Array(all.entries.prefix(some.entries.count)) == some.entries)
                if let perDomain { #expect(some.amount(in: .bytes) >= min(perDomain, all.amount(in: .bytes))) }
            }
            for source in ["a", "b"] {
                let (had, got) = (whole.filter { $0.name.source == source }, chosen.filter { $0.name.source == source })
                let total = got.reduce(0) { $0 + $1.amount(in: .bytes) }
                if let perSource { #expect(total >= min(perSource, had.reduce(0) { $0 + $1.amount(in: .bytes) })) }
            }
        }
    }

    @Test("what a source lacks is drawn from all of its documents alike: large domains give more")
    func proportional() throws {
        let small = try Self.domain("s/small", (0..<100).map { "small \($0 + 100)" })
        let large = try Self.domain("s/large", (0..<900).map { "large \($0 + 100)" })
        let targets = SelectionTargets(unit: .bytes, perDomain: nil, perSource: 5000)
        var taken = 0
        for seed in 0..<20 {
            let chosen = DomainSelection.select([small, large], seed: Int64(seed), targets: targets)
            // Every text has nine bytes.
            #expect(chosen.reduce(0) { $0 + $1.entries.count } == 556)
            taken += chosen[1].entries.count
        }
        // A tenth of about 556 each time; twenty times that is 1112, with a deviation of 21.
        #expect((1000...1230).contains(taken))
    }
}
