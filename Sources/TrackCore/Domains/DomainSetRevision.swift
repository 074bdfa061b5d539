/// A named, versioned list of domains with their held-out documents. A revision is immutable and has a digest.
package struct DomainSetRevision: Hashable, Sendable, Codable {
    /// Whether the documents are known or only the names of the domains (an imported table of perplexities).
    package enum Kind: String, Sendable, Codable {
        case documents, summary
    }

    package let set: String
    /// 1 for the first revision of a set.
    package let number: Int
    package let digest: Digest
    package let kind: Kind
    package let split: String
    /// Of the permutation that ordered the documents; 0 where nothing was permuted.
    package let seed: Int64
    /// Which amounts were drawn; nil where all documents were taken. Where it came from, not what it is: the digest does not know it.
    package let targets: SelectionTargets?
    package let createdAt: Timestamp
    /// In the frozen order: position i of every array of a run is domain i.
    package let domains: [DomainOfRevision]
    /// Looks at it beside training text, the oldest first; nil for none. They are statements about the content, and no part of its digest.
    package var decontaminations: [Decontamination]?
    /// The number of the revision that this one is the refresh of.
    package var refreshedFrom: Int?

    package init(
        set: String, number: Int, digest: Digest, kind: Kind, split: String, seed: Int64 = 0, targets: SelectionTargets? = nil,
        createdAt: Timestamp, domains: [DomainOfRevision]
    ) {
        self.set = set
        self.number = number
        self.digest = digest
        self.kind = kind
        self.split = split
        self.seed = seed
        self.targets = targets
        self.createdAt = createdAt
        self.domains = domains
    }

    /// `name@number`, as a person writes it.
    package var label: String { "\(set)@\(number)" }

    /// Of all its domains.
    package var documents: Int { domains.reduce(0) { $0 + $1.documents } }

    /// The digest of a revision's content: the split, the seed of its order, and per domain its name and documents' digests in order.
    package static func digest(
        kind: Kind, split: String, seed: Int64, domains: [(name: DomainName, documents: [Digest])]
    ) -> Digest {
        var stream = DigestStream()
        stream.update(text: "track domain set 1\n\(kind.rawValue)\n\(split)\n\(seed)\n")
        for domain in domains {
            stream.update(text: "\(domain.name)\n\(domain.documents.count)\n")
            for document in domain.documents { stream.update(document.bytes) }
        }
        return stream.finish()
    }
}

/// One domain of a revision, with its size.
package struct DomainOfRevision: Hashable, Sendable, Codable {
    package let name: DomainName
    package let documents: Int
    /// UTF-8 bytes of all its documents.
    package let bytes: Int64
    package let words: Int64

    package init(name: DomainName, documents: Int, bytes: Int64, words: Int64) {
        self.name = name
        self.documents = documents
        self.bytes = bytes
        self.words = words
    }
}
