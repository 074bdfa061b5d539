/// What `track add` understood of one checkpoint: one set of weights.
package struct CheckpointDescription: Hashable, Sendable, Codable {
    /// For people, for example `checkpoint-120`.
    package var name: String
    /// Where the weights lie, for example `file:///data/runs/legal/checkpoint-120`.
    package var uri: String
    /// Over the weights' files and the files that decide how they are read.
    package var digest: Digest
    /// Optimiser steps of this training run; 0 for the model that it started from.
    package var step: Int64?
    package var tokensSeen: Int64?
    /// All parameters that the weights hold, shared ones once.
    package var parameters: Int64?
    /// For example `LlamaForCausalLM`.
    package var architecture: String?
    package var tokenizer: Digest?
    /// The largest number of positions that the model was made for, in tokens.
    package var maximumContext: Int?
    /// Bytes of the weights on disk.
    package var bytes: Int64?

    package init(
        name: String, uri: String, digest: Digest, step: Int64? = nil, tokensSeen: Int64? = nil, parameters: Int64? = nil,
        architecture: String? = nil, tokenizer: Digest? = nil, maximumContext: Int? = nil, bytes: Int64? = nil
    ) {
        self.name = name
        self.uri = uri
        self.digest = digest
        self.step = step
        self.tokensSeen = tokensSeen
        self.parameters = parameters
        self.architecture = architecture
        self.tokenizer = tokenizer
        self.maximumContext = maximumContext
        self.bytes = bytes
    }
}

/// The identity of a checkpoint: its lineage and the digest of its content. The same weights in two lineages are two checkpoints.
package struct CheckpointKey: Hashable, Sendable, Codable {
    package var lineage: String
    package var digest: Digest

    package init(lineage: String, digest: Digest) {
        self.lineage = lineage
        self.digest = digest
    }
}

/// A registered checkpoint.
package struct Checkpoint: Hashable, Sendable, Codable, Identifiable {
    package let id: Int64
    package let lineage: String
    package let description: CheckpointDescription
    /// The checkpoint that this one was trained from, when known.
    package let parent: Int64?
    /// Whether it is its lineage's baseline.
    package let isBaseline: Bool
    package let addedAt: Timestamp

    package init(
        id: Int64, lineage: String, description: CheckpointDescription, parent: Int64?, isBaseline: Bool, addedAt: Timestamp
    ) {
        self.id = id
        self.lineage = lineage
        self.description = description
        self.parent = parent
        self.isBaseline = isBaseline
        self.addedAt = addedAt
    }

    package var key: CheckpointKey { CheckpointKey(lineage: lineage, digest: description.digest) }

    /// `lineage/name`, as a person writes it and as `track show` reads it.
    package var label: String { lineage + "/" + description.name }
}

/// Whether the runs that a lineage is compared with saw the same data in the same order: tokenization, maximum length and seed of the
/// shuffle fixed. Nothing of that can be seen in a checkpoint; a person says it.
package enum TrainingOrder: String, Sendable, Codable, CaseIterable {
    case fixed, unknown
}

/// One training run and its checkpoints in order: it names its baseline and which domains are in-domain; all others are OOD.
package struct Lineage: Hashable, Sendable, Codable, Identifiable {
    package let id: Int64
    package let name: String
    /// The checkpoint that every later one is judged against.
    package let baseline: Int64?
    /// Domain names that count as in-domain; an entry `source/*` names a whole source.
    package let inDomain: [String]
    /// The domain set on which a new checkpoint is evaluated.
    package let domainSet: String?
    /// What somebody said of the order of its training data; nil when nobody did.
    package var trainingOrder: TrainingOrder?

    package init(id: Int64, name: String, baseline: Int64?, inDomain: [String], domainSet: String?) {
        self.id = id
        self.name = name
        self.baseline = baseline
        self.inDomain = inDomain
        self.domainSet = domainSet
    }

    package func isInDomain(_ domain: DomainName) -> Bool {
        inDomain.contains(domain.description) || inDomain.contains(domain.source + "/*")
    }
}
