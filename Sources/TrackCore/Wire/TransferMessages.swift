// The lines of an export: one thing each, in the wire form. `docs/export.md` describes them. They are what `GET /v1/export/…` answers,
// what the files hold, and what `POST /v1/import/…` reads.

/// `POST /v1/export`: begins an export of one moment. What is recorded later is not in it, however long it takes.
package struct ExportMoment: Hashable, Sendable, Codable {
    /// Exports what was recorded before.
    package var before: Timestamp
    /// Of the history that is exported.
    package var epoch: Epoch

    package init(before: Timestamp, epoch: Epoch) {
        self.before = before
        self.epoch = epoch
    }
}

/// A lineage with its settings.
package struct LineageLine: Hashable, Sendable, Codable {
    package var name: String
    /// The digest of its baseline checkpoint.
    package var baseline: Digest?
    package var inDomain: [String]
    package var domainSet: String?
    package var createdAt: Timestamp
    package var trainingOrder: TrainingOrder?

    package init(name: String, baseline: Digest?, inDomain: [String], domainSet: String?, createdAt: Timestamp) {
        self.name = name
        self.baseline = baseline
        self.inDomain = inDomain
        self.domainSet = domainSet
        self.createdAt = createdAt
    }
}

/// A checkpoint; those of all lineages in the order in which they were registered.
package struct CheckpointLine: Hashable, Sendable, Codable {
    package var lineage: String
    package var checkpoint: CheckpointDescription
    /// The checkpoint that it was trained from.
    package var parent: CheckpointKey?
    package var addedAt: Timestamp

    package init(lineage: String, checkpoint: CheckpointDescription, parent: CheckpointKey?, addedAt: Timestamp) {
        self.lineage = lineage
        self.checkpoint = checkpoint
        self.parent = parent
        self.addedAt = addedAt
    }

    package var key: CheckpointKey { CheckpointKey(lineage: lineage, digest: checkpoint.digest) }
}

/// A protocol that a run was made under.
package struct ProtocolLine: Hashable, Sendable, Codable {
    package var digest: Digest
    package var scoring: ScoringProtocol

    package init(digest: Digest, scoring: ScoringProtocol) {
        self.digest = digest
        self.scoring = scoring
    }

    private enum CodingKeys: String, CodingKey { case digest, scoring = "protocol" }
}

/// A document of a revision, at its place in the frozen order.
package struct RevisionDocumentLine: Hashable, Sendable, Codable {
    package var digest: Digest
    /// The position of its domain in the revision.
    package var domain: Int
    /// Inside its domain.
    package var position: Int
    package var content: DocumentContent

    package init(digest: Digest, domain: Int, position: Int, content: DocumentContent) {
        self.digest = digest
        self.domain = domain
        self.position = position
        self.content = content
    }

    private enum CodingKeys: String, CodingKey { case digest, domain, position }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        digest = try container.decode(Digest.self, forKey: .digest)
        domain = try container.decode(Int.self, forKey: .domain)
        position = try container.decode(Int.self, forKey: .position)
        content = try DocumentContent(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(digest, forKey: .digest)
        try container.encode(domain, forKey: .domain)
        try container.encode(position, forKey: .position)
        try content.encode(to: encoder)
    }
}

/// A run as it was recorded.
package struct RunLine: Hashable, Sendable, Codable {
    /// Kept since it was recorded; computed anew from `run` at import, and the line is refused when they differ.
    package var digest: Digest
    package var recordedAt: Timestamp
    package var run: EvaluationRun

    package init(digest: Digest, recordedAt: Timestamp, run: EvaluationRun) {
        self.digest = digest
        self.recordedAt = recordedAt
        self.run = run
    }
}

/// `POST /v1/import/…`: what became of the lines, after COMMIT. A line that cannot be imported refuses all of the request.
package struct ImportResponse: Hashable, Sendable, Codable {
    package var accepted: Int
    /// There already, the same.
    package var duplicates: Int

    package init(accepted: Int = 0, duplicates: Int = 0) {
        self.accepted = accepted
        self.duplicates = duplicates
    }
}

/// How large the pieces of an export and an import are.
package enum TransferLimits {
    /// Lines of one answer or request.
    package static let lines = 1000
    /// A request of an import is closed when it has so many bytes.
    package static let bytes = 32 << 20
}
