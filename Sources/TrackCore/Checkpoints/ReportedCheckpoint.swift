/// A checkpoint of which only somebody's numbers are known: its weights lie nowhere that this installation could reach.
///
/// It is identified by what its source says of it, never by a content: the label and the step. Weights that are added later are another
/// checkpoint.
package struct ReportedCheckpoint: Hashable, Sendable {
    /// As the source writes it, for example `meta-llama/Llama-2-7b-hf`.
    package var label: String
    package var step: Int64?
    package var tokensSeen: Int64?

    package init(label: String, step: Int64? = nil, tokensSeen: Int64? = nil) {
        self.label = label
        self.step = step
        self.tokensSeen = tokensSeen
    }

    /// Over a statement that no content of weights begins with.
    package var digest: Digest {
        let step = step.map(CanonicalJSON.integer) ?? .null
        let statement = CanonicalJSON.object(["label": .string(label), "reported_checkpoint": .integer(1), "step": step])
        return statement.digest
    }

    /// - Parameter name: in its lineage.
    package func description(name: String) -> CheckpointDescription {
        CheckpointDescription(
            name: name, uri: CheckpointDescription.reportedScheme + label, digest: digest, step: step, tokensSeen: tokensSeen)
    }
}

extension CheckpointDescription {
    static let reportedScheme = "reported:"

    /// Whether only somebody's numbers of it are known. Such a checkpoint cannot be evaluated.
    package var isReported: Bool { uri.hasPrefix(CheckpointDescription.reportedScheme) }
}
