/// `POST /v1/checkpoints`
package struct AddCheckpointRequest: Sendable, Codable {
    package var lineage: String
    package var checkpoint: CheckpointDescription
    /// A reference to the checkpoint it was trained from.
    package var parent: String?
    /// Makes it the lineage's baseline. The first checkpoint of a lineage is its baseline without being told.
    package var baseline: Bool
    /// Adds domains to the lineage's in-domain list; `source/*` names a whole source.
    package var inDomain: [String]
    /// Sets the lineage's default domain set.
    package var domainSet: String?
    /// Queue an evaluation on the lineage's default domain set.
    package var evaluate: Bool
    /// Says of the lineage whether the order of its training data is fixed.
    package var trainingOrder: TrainingOrder?

    package init(
        lineage: String, checkpoint: CheckpointDescription, parent: String? = nil, baseline: Bool = false, inDomain: [String] = [],
        domainSet: String? = nil, evaluate: Bool = true
    ) {
        self.lineage = lineage
        self.checkpoint = checkpoint
        self.parent = parent
        self.baseline = baseline
        self.inDomain = inDomain
        self.domainSet = domainSet
        self.evaluate = evaluate
    }
}

package struct AddCheckpointResponse: Sendable, Codable {
    package var checkpoint: Checkpoint
    /// False when its digest was already registered in this lineage.
    package var created: Bool
    package var job: JobView?
    /// What a person should know: another tokenizer than the lineage's, no domain set yet.
    package var notes: [String]

    package init(checkpoint: Checkpoint, created: Bool, job: JobView?, notes: [String]) {
        self.checkpoint = checkpoint
        self.created = created
        self.job = job
        self.notes = notes
    }
}

/// One line of `track list`: a checkpoint with its newest numbers.
package struct CheckpointListing: Sendable, Codable {
    package var checkpoint: Checkpoint
    /// Of the newest run; macro means over domains of the log ratio against the baseline, in nats.
    package var inDomainLogRatio: Double?
    package var oodLogRatio: Double?
    package var verdict: String?
    package var lastEvaluatedAt: Timestamp?
    package var openJobs: Int

    package init(
        checkpoint: Checkpoint, inDomainLogRatio: Double?, oodLogRatio: Double?, verdict: String?, lastEvaluatedAt: Timestamp?,
        openJobs: Int
    ) {
        self.checkpoint = checkpoint
        self.inDomainLogRatio = inDomainLogRatio
        self.oodLogRatio = oodLogRatio
        self.verdict = verdict
        self.lastEvaluatedAt = lastEvaluatedAt
        self.openJobs = openJobs
    }
}

/// `GET /v1/checkpoints/{reference}`
package struct CheckpointView: Sendable, Codable {
    package var checkpoint: Checkpoint
    package var lineage: Lineage
    package var runs: [RunView]
    package var jobs: [JobView]

    package init(checkpoint: Checkpoint, lineage: Lineage, runs: [RunView], jobs: [JobView]) {
        self.checkpoint = checkpoint
        self.lineage = lineage
        self.runs = runs
        self.jobs = jobs
    }
}
