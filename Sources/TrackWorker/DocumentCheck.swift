import TrackCore

/// Proves, line by line, that a download is the revision that was asked for: its domains in order, its sizes, and at the end its digest.
struct DocumentCheck {
    private let revision: DomainSetRevision
    private var digests: [[Digest]]
    private var current = 0

    init(_ revision: DomainSetRevision) {
        self.revision = revision
        digests = Array(repeating: [], count: revision.domains.count)
    }

    mutating func add(_ line: DocumentLine) throws(Problem) {
        guard line.domain >= current, line.domain < revision.domains.count else { throw failure("a document is out of order") }
        current = line.domain
        guard digests[current].count < revision.domains[current].documents else {
            throw failure("\(revision.domains[current].name) has too many documents")
        }
        digests[current].append(line.content.digest)
    }

    func finish() throws(Problem) {
        for (domain, found) in zip(revision.domains, digests) where found.count != domain.documents {
            throw failure("\(domain.name) has \(found.count) of \(domain.documents) documents")
        }
        let digest = DomainSetRevision.digest(
            kind: revision.kind, split: revision.split, seed: revision.seed,
            domains: zip(revision.domains, digests).map { ($0.name, $1) })
        guard digest == revision.digest else { throw failure("its digest is \(digest.short), not \(revision.digest.short)") }
    }

    private func failure(_ reason: String) -> Problem {
        Problem(.unavailable, "The documents of \(revision.label) did not arrive whole: \(reason). They will be fetched again.")
    }
}
