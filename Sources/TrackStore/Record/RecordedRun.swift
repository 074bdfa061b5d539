import Postgres
package import TrackCore

/// A run as it was recorded, with what the daemon added to it.
package struct RecordedRun: Sendable {
    package let run: EvaluationRun
    package let digest: Digest
    package let recordedAt: Timestamp
    package let checkpointID: Int64
    package let revisionID: Int64
    package let protocolID: Int64
    package let revision: DomainSetRevision
}

/// The scalar columns of a run.
struct RunHead: SQLRow {
    let id: RunID
    let digest: Digest
    let checkpoint: CheckpointKey
    let checkpointID: Int64
    let revisionID: Int64
    let protocolID: Int64
    let definition: JSONText
    let aggregation: Aggregation?
    let reason: RunReason
    let evaluator: String
    let environment: JSONText
    let effort: JSONText?
    let evaluatedAt: Timestamp
    let recordedAt: Timestamp
    let supersedes: RunID?

    init(row: inout RowReader) throws(PostgresError) {
        id = try row.read("id")
        digest = try row.read("digest")
        checkpoint = CheckpointKey(lineage: try row.read("lineage"), digest: try row.read("checkpoint_digest"))
        checkpointID = try row.read("checkpoint_id")
        revisionID = try row.read("revision_id")
        protocolID = try row.read("protocol_id")
        definition = try row.read("definition")
        aggregation = try row.read("aggregation")
        reason = try row.read("reason")
        evaluator = try row.read("evaluator")
        environment = try row.read("environment")
        effort = try row.read("effort")
        evaluatedAt = try row.read("evaluated_at")
        recordedAt = try row.read("recorded_at")
        supersedes = try row.read("supersedes")
    }

    func run(_ content: EvaluationRun.Content, revision: DomainSetRevision) throws -> RecordedRun {
        RecordedRun(
            run: EvaluationRun(
                id: id, checkpoint: checkpoint, revision: revision.digest, scoring: try definition.decode(ScoringProtocol.self),
                evaluator: evaluator, environment: try environment.decode([String: String].self),
                effort: try effort?.decode(EvaluationEffort.self), reason: reason,
                evaluatedAt: evaluatedAt, supersedes: supersedes, content: content),
            digest: digest, recordedAt: recordedAt, checkpointID: checkpointID, revisionID: revisionID, protocolID: protocolID,
            revision: revision)
    }
}

extension Aggregation: SQLDecodable, SQLEncodable {}
extension RunReason: SQLDecodable, SQLEncodable {}
