import Testing
import TrackCore

@testable import TrackEvaluators

@Suite struct SelectionOrderTests {
    @Test("documents known by digest alone are put in the order in which they would be selected", arguments: [0, 7, -3] as [Int64])
    func agreement(seed: Int64) async throws {
        let folder = try TemporaryFolder()
        let texts = (0..<50).map { "document \($0)" }
        for (number, text) in texts.enumerated() { try folder.write("news/agency/\(number).txt", text) }
        let (index, _) = try await DomainIndex.build(of: try DomainSource(path: folder.path))
        let selected = DomainSelection.select(index.domains, seed: seed, targets: nil)
        let ordered = SelectionOrder.permuted(
            texts.map { Digest(ofText: $0) }.reversed(), domain: try #require(selected.first?.name), seed: seed)
        #expect(ordered.map(PackedDigest.init) == selected.first?.entries.map(\.digest))
    }
}
