/// Why an evaluation was made.
package enum RunReason: String, Sendable, Codable, CaseIterable {
    case added, scheduled, manual, imported
}

/// What enters the hall: one checkpoint × one domain-set revision × one protocol, at one time, for one reason. Immutable.
package struct EvaluationRun: Hashable, Sendable {
    package var id: RunID
    package var checkpoint: CheckpointKey
    /// The digest of the domain-set revision.
    package var revision: Digest
    package var scoring: ScoringProtocol
    /// Name and version of what computed it, for example `transformers 0.1.0`.
    package var evaluator: String
    /// What the number was made with. Recorded, named when drift is found, never a reason to refuse a comparison.
    package var environment: [String: String]
    /// What it cost; nil when nobody said.
    package var effort: EvaluationEffort?
    package var reason: RunReason
    package var evaluatedAt: Timestamp
    /// The run that this one corrects; both stay.
    package var supersedes: RunID?
    package var content: Content

    package enum Content: Hashable, Sendable {
        /// With per-document arrays.
        case documents([DomainMeasurement])
        /// A table without documents: a trainer's log, somebody's results.
        case summary(Aggregation, [DomainSummary])
    }

    package init(
        id: RunID, checkpoint: CheckpointKey, revision: Digest, scoring: ScoringProtocol, evaluator: String,
        environment: [String: String], effort: EvaluationEffort? = nil, reason: RunReason, evaluatedAt: Timestamp,
        supersedes: RunID? = nil, content: Content
    ) {
        self.id = id
        self.checkpoint = checkpoint
        self.revision = revision
        self.scoring = scoring
        self.evaluator = evaluator
        self.environment = environment
        self.effort = effort
        self.reason = reason
        self.evaluatedAt = evaluatedAt
        self.supersedes = supersedes
        self.content = content
    }
}

/// How a table's mean was taken.
package enum Aggregation: String, Sendable, Codable {
    case tokenWeighted = "token-weighted"
    case documentWeighted = "document-weighted"
}

/// Run × domain: measured, or failed with its reason. Missing is never a zero.
package struct DomainMeasurement: Hashable, Sendable {
    package var domain: DomainName
    package var outcome: Outcome

    package enum Outcome: Hashable, Sendable {
        case measured(DocumentScores)
        case failed(reason: String)
    }

    package init(domain: DomainName, outcome: Outcome) {
        self.domain = domain
        self.outcome = outcome
    }
}

/// The scores of a domain's documents, in the frozen order of the revision. All arrays have one length; it may be less than the
/// domain's number of documents when scoring stopped early, and then covers the first ones.
package struct DocumentScores: Hashable, Sendable {
    /// Summed NLL in nats; ≥ 0, +∞ allowed, never NaN.
    package var nll: [Double]
    /// Scored tokens, ≥ 1.
    package var tokens: [Int64]
    /// UTF-8 bytes of the scored text.
    package var bytes: [Int64]
    package var words: [Int64]
    /// Token counts by NLL in the bins of ``TokenHistogram``; empty when the evaluator gave none.
    package var histogram: [Int64]
    /// Which types carry the loss; nil when the evaluator did not say.
    package var types: TypeLosses?

    package init(
        nll: [Double], tokens: [Int64], bytes: [Int64], words: [Int64], histogram: [Int64], types: TypeLosses? = nil
    ) {
        self.nll = nll
        self.tokens = tokens
        self.bytes = bytes
        self.words = words
        self.histogram = histogram
        self.types = types
    }

    package var count: Int { nll.count }
    package var totalNLL: Double { CompensatedTotal.of(nll) }
    package var totalTokens: Int64 { tokens.reduce(0, +) }
    package var totalBytes: Int64 { bytes.reduce(0, +) }
    package var totalWords: Int64 { words.reduce(0, +) }
}

/// A line of a table of perplexities: mean NLL = ln(perplexity), counts where known.
package struct DomainSummary: Hashable, Sendable, Codable {
    package var domain: DomainName
    /// Nats per token; +∞ allowed, never NaN.
    package var meanNLL: Double
    package var tokens: Int64?
    package var bytes: Int64?

    package init(domain: DomainName, meanNLL: Double, tokens: Int64? = nil, bytes: Int64? = nil) {
        self.domain = domain
        self.meanNLL = meanNLL
        self.tokens = tokens
        self.bytes = bytes
    }

    private enum CodingKeys: String, CodingKey {
        case domain = "name"
        case meanNLL = "meanNll"
        case tokens, bytes
    }
}

/// Neumaier's compensated sum, so that a domain's total does not depend on the order of its documents in its last digits.
package enum CompensatedTotal {
    package static func of(_ values: some Sequence<Double>) -> Double {
        var sum = 0.0
        var compensation = 0.0
        for value in values {
            let next = sum + value
            compensation += abs(sum) >= abs(value) ? (sum - next) + value : (value - next) + sum
            sum = next
        }
        return sum.isFinite ? sum + compensation : sum
    }
}
