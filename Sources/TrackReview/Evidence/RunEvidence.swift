package import TrackCore

/// One recorded run, as it is judged.
package struct RunEvidence: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// With per-document arrays.
        case documents
        /// A table without documents: observed, never tested.
        case summary(Aggregation)
    }

    package var run: RunID
    /// Of the run's canonical form.
    package var digest: Digest
    package var checkpoint: Checkpoint
    /// The digest of the domain-set revision.
    package var revision: Digest
    /// The revision's label, `name@number`.
    package var domainSet: String
    package var scoring: RunProtocol
    package var evaluator: String
    package var environment: [String: String]
    package var reason: RunReason
    package var evaluatedAt: Timestamp
    package var recordedAt: Timestamp
    /// What it cost, and how well its evaluator repeated itself; nil where the evaluator did not say.
    package var effort: EvaluationEffort?
    package var kind: Kind
    /// In the order of the revision. A domain that the run does not have is absent, and is *not evaluated*.
    package var domains: [DomainEvidence]

    package init(
        run: RunID, digest: Digest, checkpoint: Checkpoint, revision: Digest, domainSet: String, scoring: RunProtocol,
        evaluator: String, environment: [String: String], reason: RunReason, evaluatedAt: Timestamp, recordedAt: Timestamp, kind: Kind,
        effort: EvaluationEffort? = nil, domains: [DomainEvidence]
    ) {
        self.run = run
        self.digest = digest
        self.checkpoint = checkpoint
        self.revision = revision
        self.domainSet = domainSet
        self.scoring = scoring
        self.evaluator = evaluator
        self.environment = environment
        self.reason = reason
        self.evaluatedAt = evaluatedAt
        self.recordedAt = recordedAt
        self.effort = effort
        self.kind = kind
        self.domains = domains
    }

    var tokenizer: Digest? { checkpoint.description.tokenizer }
    var byName: [DomainName: DomainEvidence] { Dictionary(domains.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }) }
}

/// What one run knows about one domain.
package struct DomainEvidence: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        /// The first `scores.count` documents of the domain. `documents` are their digests in the same order; two runs of one
        /// revision are paired by position and need none, runs of two revisions are paired by digest only.
        case measured(DocumentScores, documents: [Digest])
        case summary(DomainSummary)
        case failed(reason: String)
    }

    package var name: DomainName
    package var outcome: Outcome

    package init(name: DomainName, outcome: Outcome) {
        self.name = name
        self.outcome = outcome
    }
}

extension DomainEvidence {
    /// Mean NLL in nats per token: what a perplexity is made of. Nil when nothing was measured.
    func meanNLL(_ aggregation: Aggregation = .tokenWeighted) -> Double? {
        switch outcome {
        case .failed: return nil
        case .summary(let summary): return summary.meanNLL
        case .measured(let scores, _):
            switch aggregation {
            case .tokenWeighted:
                return scores.totalTokens > 0 ? scores.totalNLL / Double(scores.totalTokens) : nil
            case .documentWeighted:
                guard scores.count > 0 else { return nil }
                return CompensatedTotal.of(zip(scores.nll, scores.tokens).map { $0 / Double($1) }) / Double(scores.count)
            }
        }
    }

    /// Tokens and bytes that were scored, where they are known.
    var size: (tokens: Int64?, bytes: Int64?) {
        switch outcome {
        case .failed: (nil, nil)
        case .summary(let summary): (summary.tokens, summary.bytes)
        case .measured(let scores, _): (scores.totalTokens, scores.totalBytes)
        }
    }
}
