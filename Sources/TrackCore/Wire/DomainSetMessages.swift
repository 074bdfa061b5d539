/// The first line of `POST /v1/domain-sets/{name}/revisions` (NDJSON); one ``DocumentLine`` per document follows, grouped by domain
/// in the frozen order.
package struct DomainSetUpload: Sendable, Codable {
    package var kind: DomainSetRevision.Kind
    package var split: String
    /// Of the permutation that ordered (and, where targets were given, chose) the documents.
    package var seed: Int64
    /// Nil where all documents were taken.
    package var targets: SelectionTargets?
    /// The domains in the frozen order. For a summary revision this is all there is.
    package var domains: [DomainName]
    /// How the documents were looked for in training text before they were sent.
    package var decontamination: Decontamination?

    package init(
        kind: DomainSetRevision.Kind, split: String, seed: Int64, targets: SelectionTargets? = nil, domains: [DomainName]
    ) {
        self.kind = kind
        self.split = split
        self.seed = seed
        self.targets = targets
        self.domains = domains
    }
}

/// One document of an upload or a download: the position of its domain, and its text or messages. It is also what an evaluator reads.
package struct DocumentLine: Hashable, Sendable, Codable {
    package var domain: Int
    package var content: DocumentContent

    package init(domain: Int, content: DocumentContent) {
        self.domain = domain
        self.content = content
    }

    package init(domain: Int, text: String) { self.init(domain: domain, content: .text(text)) }

    private enum CodingKeys: String, CodingKey { case domain }

    package init(from decoder: any Decoder) throws {
        domain = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .domain)
        content = try DocumentContent(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(domain, forKey: .domain)
        try content.encode(to: encoder)
    }
}

package struct DomainSetUploadResponse: Sendable, Codable {
    package var revision: DomainSetRevision
    /// False when a revision with this digest was there already.
    package var created: Bool

    package init(revision: DomainSetRevision, created: Bool) {
        self.revision = revision
        self.created = created
    }
}

/// `GET /v1/domain-sets`
package struct DomainSetListing: Sendable, Codable {
    package var name: String
    package var revisions: Int
    package var latest: DomainSetRevision

    package init(name: String, revisions: Int, latest: DomainSetRevision) {
        self.name = name
        self.revisions = revisions
        self.latest = latest
    }
}
