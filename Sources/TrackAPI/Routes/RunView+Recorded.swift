package import TrackCore
package import TrackStore

extension RunView {
    /// A recorded run with the numbers derived from its sums and counts.
    package init(_ recorded: RecordedRun, checkpoint: Checkpoint) {
        let run = recorded.run
        self.init(
            id: run.id, digest: recorded.digest, checkpoint: checkpoint.label, domainSet: recorded.revision.label, scoring: run.scoring,
            protocolDigest: run.scoring.digest, evaluator: run.evaluator, environment: run.environment, effort: run.effort,
            reason: run.reason, evaluatedAt: run.evaluatedAt, recordedAt: recorded.recordedAt, supersedes: run.supersedes,
            aggregation: run.content.aggregation,
            domains: run.content.results)
    }
}

extension EvaluationRun.Content {
    fileprivate var aggregation: Aggregation? {
        if case .summary(let aggregation, _) = self { aggregation } else { nil }
    }

    fileprivate var results: [DomainResult] {
        switch self {
        case .documents(let domains): domains.map(\.result)
        case .summary(_, let domains):
            domains.map { domain in
                DomainResult(
                    name: domain.domain, tokens: domain.tokens, bytes: domain.bytes,
                    perplexity: Perplexity.tokenWeighted(nll: domain.meanNLL, tokens: 1))
            }
        }
    }
}

extension DomainMeasurement {
    fileprivate var result: DomainResult {
        switch outcome {
        case .failed(let reason): DomainResult(name: domain, failure: reason)
        case .measured(let scores):
            DomainResult(
                name: domain, nll: scores.totalNLL, tokens: scores.totalTokens, bytes: scores.totalBytes, words: scores.totalWords,
                documents: scores.count, perplexity: Perplexity.tokenWeighted(nll: scores.totalNLL, tokens: scores.totalTokens),
                documentWeightedPerplexity: Perplexity.documentWeighted(nll: scores.nll, tokens: scores.tokens),
                bitsPerByte: Perplexity.bitsPerByte(nll: scores.totalNLL, bytes: scores.totalBytes),
                highPerplexityShare: TokenHistogram.highPerplexityShare(scores.histogram),
                densities: scores.histogram.isEmpty ? nil : TokenHistogram.densities(scores.histogram))
        }
    }
}
