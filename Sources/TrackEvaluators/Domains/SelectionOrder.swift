package import TrackCore

/// The frozen order of a domain's documents, which depends on the documents and the seed alone: that of ``DomainSelection``, for documents
/// of which only the digests are at hand.
package enum SelectionOrder {
    package static func permuted(_ digests: [Digest], domain: DomainName, seed: Int64) -> [Digest] {
        var digests = digests.sorted()
        let start = Digest(ofText: "track selection 1\n\(seed)\n\(domain)").bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var random = SelectionRandom(state: start)
        for last in stride(from: digests.count - 1, to: 0, by: -1) {
            digests.swapAt(last, Int(random.next(below: UInt64(last) + 1)))
        }
        return digests
    }
}
