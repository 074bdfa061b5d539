import TrackCore

extension EvaluationRun {
    /// The canonical form by the plain way over a tree, in which the first version computed it: the reference for the fast one.
    var canonical: CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "checkpoint": .object([
                "digest": .string(checkpoint.digest.description), "lineage": .string(checkpoint.lineage),
            ]),
            "environment": .object(environment.mapValues { .string($0) }),
            "evaluated_at": .string(evaluatedAt.description),
            "evaluator": .string(evaluator),
            "id": .string(id.description),
            "protocol": scoring.canonical,
            "reason": .string(reason.rawValue),
            "revision": .string(revision.description),
            "supersedes": .optional(supersedes) { .string($0.description) },
            "content": content.canonical,
        ]
        members["effort"] = effort?.canonical
        return .object(members)
    }
}

extension EvaluationRun.Content {
    fileprivate var canonical: CanonicalJSON {
        switch self {
        case .documents(let domains):
            .object([
                "domains": .array(domains.sorted { $0.domain < $1.domain }.map(\.canonical)), "kind": .string("documents"),
            ])
        case .summary(let aggregation, let domains):
            .object([
                "aggregation": .string(aggregation.rawValue),
                "domains": .array(domains.sorted { $0.domain < $1.domain }.map(\.canonical)), "kind": .string("summary"),
            ])
        }
    }
}

extension DomainMeasurement {
    fileprivate var canonical: CanonicalJSON {
        switch outcome {
        case .failed(let reason):
            .object(["name": .string(domain.description), "reason": .string(reason), "status": .string("failed")])
        case .measured(let scores):
            .object(
                [
                    "bytes": .integers(scores.bytes), "histogram": .integers(scores.histogram), "name": .string(domain.description),
                    "nll": .doubles(scores.nll), "status": .string("ok"), "tokens": .integers(scores.tokens),
                    "words": .integers(scores.words),
                ].merging(scores.types.map { ["types": $0.canonical] } ?? [:]) { $1 })
        }
    }
}

extension TypeLosses {
    fileprivate var canonical: CanonicalJSON {
        .object([
            "id": .integers(id), "text": .array(text.map { .string($0) }), "count": .integers(count), "nll": .doubles(nll),
            "rest": .object(["count": .integer(rest.count), "nll": .double(rest.nll)]),
        ])
    }
}

extension DomainSummary {
    fileprivate var canonical: CanonicalJSON {
        .object([
            "bytes": .optional(bytes) { .integer($0) }, "mean_nll": .double(meanNLL), "name": .string(domain.description),
            "tokens": .optional(tokens) { .integer($0) },
        ])
    }
}
