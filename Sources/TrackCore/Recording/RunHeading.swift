/// What is said of a run as a whole: everything but its domains.
package struct RunHeading: Hashable, Sendable {
    package var id: RunID
    package var checkpoint: CheckpointKey
    /// The digest of the domain-set revision.
    package var revision: Digest
    package var scoring: ScoringProtocol
    package var evaluator: String
    package var environment: [String: String]
    package var effort: EvaluationEffort?
    package var reason: RunReason
    package var evaluatedAt: Timestamp
    package var supersedes: RunID?
}

extension EvaluationRun {
    var heading: RunHeading {
        RunHeading(
            id: id, checkpoint: checkpoint, revision: revision, scoring: scoring, evaluator: evaluator, environment: environment,
            effort: effort, reason: reason, evaluatedAt: evaluatedAt, supersedes: supersedes)
    }
}
