package import TrackCore

/// One evaluation to ask an evaluator for: one checkpoint on all domains of a revision.
package struct EvaluationRequest: Hashable, Sendable {
    /// A domain with the number of documents that the documents' file has for it.
    package struct Domain: Hashable, Sendable, Codable {
        package let index: Int
        package let name: DomainName
        package let documents: Int

        package init(index: Int, name: DomainName, documents: Int) {
            self.index = index
            self.name = name
            self.documents = documents
        }
    }

    package struct Weights: Hashable, Sendable, Codable {
        /// A folder on this machine.
        package let path: String
        package let digest: Digest

        package init(path: String, digest: Digest) {
            self.path = path
            self.digest = digest
        }
    }

    /// Every answer carries it.
    package let id: String
    package let checkpoint: Weights
    package let scoring: ScoringProtocol
    /// A file of JSON Lines that the evaluator can read, one ``DocumentLine`` each, in the order of ``domains``.
    package let documents: String
    package let domains: [Domain]
    /// How many types of each domain to list, those that carry the most loss; 0 for none. An evaluator may list none whatever it is asked.
    package let types: Int

    package init(
        id: String, checkpoint: Weights, scoring: ScoringProtocol, documents: String, domains: [Domain], types: Int = TypeLosses.usual
    ) {
        self.id = id
        self.checkpoint = checkpoint
        self.scoring = scoring
        self.documents = documents
        self.domains = domains
        self.types = types
    }

    /// The line that is sent, with its line feed.
    package func line() throws -> [UInt8] {
        try Array(WireCoding.encode(self)) + [UInt8(ascii: "\n")]
    }
}

extension EvaluationRequest: Encodable {
    private enum CodingKeys: String, CodingKey { case type, id, checkpoint, scoring = "protocol", documents, domains, types }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("evaluate", forKey: .type)
        try container.encode(id, forKey: .id)
        try container.encode(checkpoint, forKey: .checkpoint)
        try container.encode(scoring, forKey: .scoring)
        try container.encode(documents, forKey: .documents)
        try container.encode(domains, forKey: .domains)
        try container.encode(types, forKey: .types)
    }
}
