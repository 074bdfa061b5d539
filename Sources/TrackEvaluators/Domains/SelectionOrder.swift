package import TrackCore

/// The frozen order of a domain's documents, which depends on the documents and the seed alone: that of their digests, permuted by Fisher
/// and Yates with ``SelectionRandom``.
package enum SelectionOrder {
    package static func permuted(_ digests: [Digest], domain: DomainName, seed: Int64) -> [Digest] {
        permuted(digests, by: \.self, domain: domain, seed: seed)
    }

    static func permuted<Document>(
        _ documents: [Document], by digest: (Document) -> some Comparable, domain: DomainName, seed: Int64
    ) -> [Document] {
        var documents = documents.sorted { digest($0) < digest($1) }
        var random = SelectionRandom(seed: seed, name: domain.description)
        for last in stride(from: documents.count - 1, to: 0, by: -1) {
            documents.swapAt(last, Int(random.next(below: UInt64(last) + 1)))
        }
        return documents
    }
}
