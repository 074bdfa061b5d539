/// The wire form of a run: readable JSON that a person can write by hand.
///
/// ```json
/// {"id": "0192…", "checkpoint": {"lineage": "legal-tune", "digest": "sha256:…"}, "revision": "sha256:…",
///  "protocol": {…}, "evaluator": "transformers 0.1.0", "environment": {…}, "reason": "added",
///  "evaluated_at": "2026-11-23T05:41:07.250Z",
///  "domains": [{"name": "legal/licences", "status": "ok",
///               "documents": {"nll": [512.25, "inf"], "tokens": [180, 77], "bytes": [731, 300], "words": [120, 51]},
///               "histogram": […],
///               "types": {"id": […], "text": […], "count": […], "nll": […], "rest": {"count": 12, "nll": 3.5}}},
///              {"name": "code/python", "status": "failed", "reason": "…"}]}
/// ```
/// `"effort"`, where the evaluator said what it cost, is an object of numbers (``EvaluationEffort``). A summary run has `"aggregation"` and, per domain, `"mean_nll"` with `"tokens"` and `"bytes"` where they are known.
extension EvaluationRun: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, checkpoint, revision
        case scoring = "protocol"
        case evaluator, environment, effort, reason, evaluatedAt, supersedes, aggregation,
            domains
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(RunID.self, forKey: .id),
            checkpoint: try container.decode(CheckpointKey.self, forKey: .checkpoint),
            revision: try container.decode(Digest.self, forKey: .revision),
            scoring: try container.decode(ScoringProtocol.self, forKey: .scoring),
            evaluator: try container.decode(String.self, forKey: .evaluator),
            environment: try container.decodeIfPresent([String: String].self, forKey: .environment) ?? [:],
            effort: try container.decodeIfPresent(EvaluationEffort.self, forKey: .effort),
            reason: try container.decode(RunReason.self, forKey: .reason),
            evaluatedAt: try container.decode(Timestamp.self, forKey: .evaluatedAt),
            supersedes: try container.decodeIfPresent(RunID.self, forKey: .supersedes),
            content: try EvaluationRun.content(in: container))
    }

    private static func content(in container: KeyedDecodingContainer<CodingKeys>) throws -> Content {
        if let aggregation = try container.decodeIfPresent(Aggregation.self, forKey: .aggregation) {
            return .summary(aggregation, try container.decode([DomainSummary].self, forKey: .domains))
        }
        return .documents(try container.decode([DomainMeasurement].self, forKey: .domains))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(checkpoint, forKey: .checkpoint)
        try container.encode(revision, forKey: .revision)
        try container.encode(scoring, forKey: .scoring)
        try container.encode(evaluator, forKey: .evaluator)
        try container.encode(environment, forKey: .environment)
        try container.encodeIfPresent(effort, forKey: .effort)
        try container.encode(reason, forKey: .reason)
        try container.encode(evaluatedAt, forKey: .evaluatedAt)
        try container.encodeIfPresent(supersedes, forKey: .supersedes)
        switch content {
        case .documents(let domains): try container.encode(domains, forKey: .domains)
        case .summary(let aggregation, let domains):
            try container.encode(aggregation, forKey: .aggregation)
            try container.encode(domains, forKey: .domains)
        }
    }
}

extension DomainMeasurement: Codable {
    private enum CodingKeys: String, CodingKey { case name, status, reason, documents, histogram, types }
    private enum DocumentKeys: String, CodingKey { case nll, tokens, bytes, words }
    private enum Status: String, Codable { case ok, failed }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        domain = try container.decode(DomainName.self, forKey: .name)
        switch try container.decode(Status.self, forKey: .status) {
        case .failed: outcome = .failed(reason: try container.decode(String.self, forKey: .reason))
        case .ok:
            let documents = try container.nestedContainer(keyedBy: DocumentKeys.self, forKey: .documents)
            outcome = .measured(
                DocumentScores(
                    nll: try documents.decode([Double].self, forKey: .nll),
                    tokens: try documents.decode([Int64].self, forKey: .tokens),
                    bytes: try documents.decode([Int64].self, forKey: .bytes),
                    words: try documents.decode([Int64].self, forKey: .words),
                    histogram: try container.decodeIfPresent([Int64].self, forKey: .histogram) ?? [],
                    types: try container.decodeIfPresent(TypeLosses.self, forKey: .types)))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(domain, forKey: .name)
        switch outcome {
        case .failed(let reason):
            try container.encode(Status.failed, forKey: .status)
            try container.encode(reason, forKey: .reason)
        case .measured(let scores):
            try container.encode(Status.ok, forKey: .status)
            var documents = container.nestedContainer(keyedBy: DocumentKeys.self, forKey: .documents)
            try documents.encode(scores.nll, forKey: .nll)
            try documents.encode(scores.tokens, forKey: .tokens)
            try documents.encode(scores.bytes, forKey: .bytes)
            try documents.encode(scores.words, forKey: .words)
            if !scores.histogram.isEmpty { try container.encode(scores.histogram, forKey: .histogram) }
            try container.encodeIfPresent(scores.types, forKey: .types)
        }
    }
}
