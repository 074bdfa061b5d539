import Testing
import TrackClient
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

    /// A run of so many domains with 100 documents each, about 4 kB per domain, and a failed one.
    static func large(domains: Int) throws -> RecordRunRequest {
        var request = try run()
        let measured = try (0..<domains).map { index in
            DomainMeasurement(
                domain: try #require(DomainName("source/domain-\(index)")),
                outcome: .measured(
                    DocumentScores(
                        nll: (0..<100).map { Double($0) * 1.1 + Double(index) / 7 }, tokens: Array(repeating: 512, count: 100),
                        bytes: Array(repeating: 2048, count: 100), words: Array(repeating: 300, count: 100), histogram: [])))
        }
        let failed = DomainMeasurement(domain: try #require(DomainName("source/z")), outcome: .failed(reason: #"it said "domains":[]"#))
        request.run.content = .documents(measured + [failed])
        request.run.environment["note"] = #"{"domains":[]}"#
        return request
    }

    static func checkpoint(_ name: String = "checkpoint-120") -> AddCheckpointRequest {
        AddCheckpointRequest(
            lineage: "legal-tune",
            checkpoint: CheckpointDescription(name: name, uri: "file:///data/\(name)", digest: Digest(ofText: name), step: 120),
            inDomain: ["legal/*"])
    }
}

extension Spool {
    /// Delivers to a daemon that accepts what `send` does not throw at.
    func deliver(
        isReady: () async -> Bool = { true }, _ send: (SpoolEntry) async throws -> Void
    ) async throws(SpoolError) -> (delivery: SpoolDelivery, stopError: (any Error)?) {
        try await deliver(to: "a daemon", atOnce: true, isReady: isReady) { entry in
            try await send(entry)
            return SpoolReceipt(.accepted)
        }
    }
}
