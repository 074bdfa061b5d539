import Testing
import TrackCore
import TrackEvaluators

@Suite struct SelectionOrderTests {
    @Test("documents known by digest alone are put in the order in which they would be selected", arguments: [0, 7, -3] as [Int64])
    func agreement(seed: Int64) throws {
        let name = try #require(DomainName("news/agency"))
        let texts = (0..<50).map { "document \($0)" }
        let selected = DomainSelection.select(
            [DomainDocuments(name: name, contents: texts.map { .text($0) })], seed: seed, bytesPerDomain: nil)
        #expect(SelectionOrder.permuted(texts.map { Digest(ofText: $0) }.reversed(), domain: name, seed: seed) == selected.domains[0].digests)
    }
}
