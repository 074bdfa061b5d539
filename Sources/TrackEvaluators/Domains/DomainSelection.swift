package import TrackCore

/// Chooses and orders the documents of a revision: a stratified sample with a stored seed.
///
/// Per domain the documents are put in the order of their digests, so that names and places of files have no say, then permuted by
/// Fisher and Yates with ``SelectionRandom``, whose state starts at the first eight bytes of SHA-256(`track selection
/// 1\n<seed>\n<domain>`). So a
/// domain's order depends on its own documents and the seed alone. With a target, documents are taken whole from the front until it is
/// reached.
package enum DomainSelection {
    /// - Parameter bytesPerDomain: UTF-8 bytes; the document that reaches the target is the last one. Nil takes all.
    /// - Returns: The domains in the order of their names with their documents in the frozen order.
    package static func select(_ domains: [DomainDocuments], seed: Int64, bytesPerDomain: Int64?) -> SelectedDomains {
        let ordered = domains.sorted { $0.name < $1.name }.map { domain in
            var chosen: [(content: DocumentContent, digest: Digest)] = []
            var bytes: Int64 = 0
            for document in permuted(domain, seed: seed) {
                if let bytesPerDomain, bytes >= bytesPerDomain, !chosen.isEmpty { break }
                chosen.append(document)
                bytes += Int64(document.content.byteCount)
            }
            return SelectedDomains.Domain(name: domain.name, contents: chosen.map(\.content), digests: chosen.map(\.digest))
        }
        return SelectedDomains(seed: seed, domains: ordered)
    }

    private static func permuted(_ domain: DomainDocuments, seed: Int64) -> [(content: DocumentContent, digest: Digest)] {
        var documents = domain.contents.map { (content: $0, digest: $0.digest) }.sorted { $0.digest < $1.digest }
        let start = Digest(ofText: "track selection 1\n\(seed)\n\(domain.name)").bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var random = SelectionRandom(state: start)
        for last in stride(from: documents.count - 1, to: 0, by: -1) {
            documents.swapAt(last, Int(random.next(below: UInt64(last) + 1)))
        }
        return documents
    }
}

/// The documents of a revision in their frozen order.
package struct SelectedDomains: Hashable, Sendable {
    package struct Domain: Hashable, Sendable {
        package let name: DomainName
        package let contents: [DocumentContent]
        package let digests: [Digest]

        /// UTF-8 bytes.
        package var bytes: Int64 { contents.reduce(0) { $0 + Int64($1.byteCount) } }
    }

    package let seed: Int64
    package let domains: [Domain]

    /// The first line of an upload.
    package func upload(split: String) -> DomainSetUpload {
        DomainSetUpload(kind: .documents, split: split, seed: seed, domains: domains.map(\.name))
    }

    /// The lines that follow it, in order.
    package var lines: some Sequence<DocumentLine> {
        domains.lazy.enumerated().flatMap { index, domain in domain.contents.lazy.map { DocumentLine(domain: index, content: $0) } }
    }

    /// The digest that the revision will have.
    package func digest(split: String) -> Digest {
        DomainSetRevision.digest(kind: .documents, split: split, seed: seed, domains: domains.map { ($0.name, $0.digests) })
    }
}
