import Testing
import TrackCore

@testable import TrackEvaluators

@Suite struct DomainSelectionTests {
    static let texts = (0..<10).map { "document \($0)" }

    /// The orders are printed by Reference/selection.py, an independent computation.
    @Test(
        "a seed gives the same order for ever",
        arguments: [
            ("legal/licences", Int64(7), [1, 3, 6, 2, 9, 7, 4, 0, 8, 5]), ("legal/licences", 8, [8, 6, 7, 3, 9, 5, 2, 4, 1, 0]),
            ("code/python", 7, [2, 8, 0, 3, 6, 5, 7, 9, 4, 1]), ("code/python", -1, [7, 4, 5, 0, 6, 1, 9, 3, 8, 2]),
        ])
    func golden(domain: String, seed: Int64, order: [Int]) throws {
        let name = try #require(DomainName(domain))
        for texts in [Self.texts, Self.texts.reversed()] {
            let selected = DomainSelection.select([DomainDocuments(name: name, contents: texts.map(DocumentContent.text))], seed: seed, bytesPerDomain: nil)
            #expect(selected.domains[0].contents.flatMap(\.parts) == order.map { Self.texts[$0] })
            #expect(selected.domains[0].digests == selected.domains[0].contents.map(\.digest))
        }
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

    @Test("whole documents are taken until the target is reached, and at least one", arguments: [0, 1, 10, 11, 20, 25, 99, 100, 1000])
    func target(bytes: Int64) throws {
        let all = DomainDocuments(name: try #require(DomainName("a/a")), contents: Self.texts.map(DocumentContent.text))
        let whole = DomainSelection.select([all], seed: 3, bytesPerDomain: nil).domains[0].contents
        let taken = DomainSelection.select([all], seed: 3, bytesPerDomain: bytes).domains[0]
        #expect(taken.contents == Array(whole.prefix(taken.contents.count)))
        let needed = min(10, max(1, Int((bytes + 9) / 10)))
        // Every text has ten bytes.
        #expect(taken.contents.count == needed)
    }

    @Test("another domain does not move the order of this one")
    func independence() throws {
        let one = DomainDocuments(name: try #require(DomainName("b/b")), contents: Self.texts.map(DocumentContent.text))
        let other = DomainDocuments(name: try #require(DomainName("a/a")), contents: [.text("x")])
        let together = DomainSelection.select([one, other], seed: 1, bytesPerDomain: nil)
        #expect(together.domains.map(\.name.description) == ["a/a", "b/b"])
        #expect(together.domains[1] == DomainSelection.select([one], seed: 1, bytesPerDomain: nil).domains[0])
        #expect(Array(together.lines).map(\.domain) == [0] + Array(repeating: 1, count: 10))
        #expect(together.upload(split: "val").domains.count == 2)
    }
}
