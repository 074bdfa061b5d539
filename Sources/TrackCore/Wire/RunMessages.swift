/// `POST /v1/runs`: also the body of a spooled record.
package struct RecordRunRequest: Sendable, Codable {
    package var run: EvaluationRun
    /// The claim that it answers; nil for a run that nobody queued.
    package var attempt: AttemptReference?

    package init(run: EvaluationRun, attempt: AttemptReference?) {
        self.run = run
        self.attempt = attempt
    }
}

/// What became of a record. Every one of them is an answer after COMMIT.
package enum RecordVerdict: String, Sendable, Codable {
    case accepted
    /// The same id with the same content was there already.
    case duplicate
    /// Another attempt answers for the job; the record was kept apart.
    case fenced
}

package struct RecordRunResponse: Sendable, Codable {
    package var id: RunID
    package var verdict: RecordVerdict
    /// Over the canonical form, kept with the run for ever.
    package var digest: Digest

    package init(id: RunID, verdict: RecordVerdict, digest: Digest) {
        self.id = id
        self.verdict = verdict
        self.digest = digest
    }
}

/// `POST /v1/runs/digests`: what the daemon holds of these runs.
package struct RunDigestsRequest: Sendable, Codable {
    /// At most ``WireLimits/digests``.
    package var ids: [RunID]

    package init(ids: [RunID]) { self.ids = ids }
}

/// The runs that were found; ids that are not recorded are left out.
package struct RunDigestsResponse: Sendable, Codable {
    package var runs: [RunDigestView]

    package init(runs: [RunDigestView]) { self.runs = runs }
}

package struct RunDigestView: Hashable, Sendable, Codable {
    package var id: RunID
    package var digest: Digest
    /// Nil for a record that was kept apart.
    package var recordedAt: Timestamp?
    /// True when another attempt answered for the job: the record is kept for audit and counts nowhere. Left out otherwise.
    package var keptApart: Bool?

    package init(id: RunID, digest: Digest, recordedAt: Timestamp? = nil, keptApart: Bool? = nil) {
        self.id = id
        self.digest = digest
        self.recordedAt = recordedAt
        self.keptApart = keptApart
    }
}

/// A recorded run with its derived numbers, without the documents' arrays.
package struct RunView: Sendable, Codable, Identifiable {
    package var id: RunID
    package var digest: Digest
    package var checkpoint: String
    package var domainSet: String
    package var scoring: ScoringProtocol
    package var protocolDigest: Digest
    package var evaluator: String
    package var environment: [String: String]
    package var effort: EvaluationEffort?
    package var reason: RunReason
    package var evaluatedAt: Timestamp
    package var recordedAt: Timestamp
    package var supersedes: RunID?
    package var aggregation: Aggregation?
    package var domains: [DomainResult]

    package init(
        id: RunID, digest: Digest, checkpoint: String, domainSet: String, scoring: ScoringProtocol, protocolDigest: Digest,
        evaluator: String,
        environment: [String: String], effort: EvaluationEffort?, reason: RunReason, evaluatedAt: Timestamp, recordedAt: Timestamp,
        supersedes: RunID?,
        aggregation: Aggregation?, domains: [DomainResult]
    ) {
        self.id = id
        self.digest = digest
        self.checkpoint = checkpoint
        self.domainSet = domainSet
        self.scoring = scoring
        self.protocolDigest = protocolDigest
        self.evaluator = evaluator
        self.environment = environment
        self.effort = effort
        self.reason = reason
        self.evaluatedAt = evaluatedAt
        self.recordedAt = recordedAt
        self.supersedes = supersedes
        self.aggregation = aggregation
        self.domains = domains
    }
}

/// One domain of a recorded run. Sums and counts are what is stored; the rest is derived from them.
package struct DomainResult: Hashable, Sendable, Codable {
    package var name: DomainName
    /// Why there is no number; nil when there is one.
    package var failure: String?
    /// Nats.
    package var nll: Double?
    package var tokens: Int64?
    package var bytes: Int64?
    package var words: Int64?
    package var documents: Int?
    /// Token-weighted unless the run's aggregation says otherwise.
    package var perplexity: Double?
    package var documentWeightedPerplexity: Double?
    package var bitsPerByte: Double?
    /// Share of tokens with perplexity ≥ 2.5, from 0 to 1.
    package var highPerplexityShare: Double?
    /// The same at each of ``TokenHistogram/thresholds``; nil without a histogram.
    package var densities: [TokenDensity]?

    package init(
        name: DomainName, failure: String? = nil, nll: Double? = nil, tokens: Int64? = nil, bytes: Int64? = nil, words: Int64? = nil,
        documents: Int? = nil, perplexity: Double? = nil, documentWeightedPerplexity: Double? = nil, bitsPerByte: Double? = nil,
        highPerplexityShare: Double? = nil, densities: [TokenDensity]? = nil
    ) {
        self.name = name
        self.failure = failure
        self.nll = nll
        self.tokens = tokens
        self.bytes = bytes
        self.words = words
        self.documents = documents
        self.perplexity = perplexity
        self.documentWeightedPerplexity = documentWeightedPerplexity
        self.bitsPerByte = bitsPerByte
        self.highPerplexityShare = highPerplexityShare
        self.densities = densities
    }
}
