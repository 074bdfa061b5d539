import Testing
import TrackCore

/// Small true-to-life values for tests.
enum Samples {
    static let time = Timestamp(milliseconds: 1_795_000_000_123)

    static func run(nll: Double = 512.25) throws -> RecordRunRequest {
        let domain = try #require(DomainName("legal/licences"))
        let run = EvaluationRun(
            id: RunID.make(at: time), checkpoint: CheckpointKey(lineage: "legal-tune", digest: Digest(ofText: "weights")),
            revision: Digest(ofText: "revision"), scoring: ScoringProtocol(context: 128), evaluator: "transformers 0.1.0",
            environment: ["cudaVersion": "none", "torch_version": "2.13"], reason: .added, evaluatedAt: time,
            content: .documents([
                DomainMeasurement(
                    domain: domain,
                    outcome: .measured(
                        DocumentScores(nll: [nll, .infinity], tokens: [180, 77], bytes: [731, 300], words: [120, 51], histogram: [])))
            ]))
        return RecordRunRequest(run: run, attempt: AttemptReference(job: 42, fence: 7))
    }

    static func checkpoint(_ name: String = "checkpoint-120") -> AddCheckpointRequest {
        AddCheckpointRequest(
            lineage: "legal-tune",
            checkpoint: CheckpointDescription(name: name, uri: "file:///data/\(name)", digest: Digest(ofText: name), step: 120),
            inDomain: ["legal/*"])
    }
}
