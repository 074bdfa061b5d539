package import TrackCore

/// Everything that one lineage's card of one week says. It is computed by pure functions from recorded runs, is the content of the
/// JSON twin, and is all that the page is rendered from. The same evidence gives the same value, so that the page is byte-identical.
///
/// Ratios are natural logarithms of perplexity ratios (θ, nats per token) or, when tokenizers differ, of bits per byte times ln 2 (nats per
/// byte); a page shows 100·(e^θ − 1) in per cent. Intervals are two-sided, 95 %.
package struct Scorecard: Hashable, Sendable, Codable {
    /// Version of this form.
    package var version = 1
    package var lineage: String
    /// An ISO week, `2026-W47`.
    package var week: String
    /// When the newest evidence on the card was recorded; nil on a card without evidence.
    package var asOf: Timestamp?
    package var domainSet: String?
    package var revision: Digest?
    package var scoring: RunProtocol?
    package var headline: Headline
    /// What needs attention, most urgent first; empty when nothing does.
    package var attention: [AttentionItem]
    /// The baseline first, then by step. ``DomainRow/path`` and ``paths`` are by position in this list.
    package var checkpoints: [CheckpointColumn]
    /// The newest judged checkpoint, as a position in ``checkpoints``.
    package var current: Int?
    package var divergence: DivergenceStatement?
    /// In-domain and OOD over the checkpoints: the scissors.
    package var paths: Paths
    /// By evidence: the strongest first.
    package var domains: [DomainRow]
    /// Which tokens moved in the domains that regressed against the baseline; nil where no run says so.
    package var moves: [DomainMoves]?
    /// The unchanged baseline on the card's revision and on the one that it replaced; nil where the revision is no refresh, or not both were
    /// evaluated.
    package var levelChange: LevelChange?
    package var alerts: [AlertLine]
    package var notEvaluated: [NotEvaluated]
    package var rules: RulesStatement
    /// Runs that the card cites.
    package var provenance: [RunCitation]
    /// Which of Paloma's guidelines the numbers keep, G1 to G5; empty on a card without evidence.
    package var comparability: [ComparabilityControl]

    package init(
        lineage: String, week: String, asOf: Timestamp?, domainSet: String?, revision: Digest?, scoring: RunProtocol?,
        headline: Headline,
        attention: [AttentionItem], checkpoints: [CheckpointColumn], current: Int?, divergence: DivergenceStatement?, paths: Paths,
        domains: [DomainRow], moves: [DomainMoves]? = nil, levelChange: LevelChange? = nil, alerts: [AlertLine],
        notEvaluated: [NotEvaluated], rules: RulesStatement, provenance: [RunCitation], comparability: [ComparabilityControl] = []
    ) {
        self.lineage = lineage
        self.week = week
        self.asOf = asOf
        self.domainSet = domainSet
        self.revision = revision
        self.scoring = scoring
        self.headline = headline
        self.attention = attention
        self.checkpoints = checkpoints
        self.current = current
        self.divergence = divergence
        self.paths = paths
        self.domains = domains
        self.moves = moves
        self.levelChange = levelChange
        self.alerts = alerts
        self.notEvaluated = notEvaluated
        self.rules = rules
        self.provenance = provenance
        self.comparability = comparability
    }

    /// The verdict in one sentence.
    package struct Headline: Hashable, Sendable, Codable {
        package var status: CardStatus
        package var sentence: String

        package init(status: CardStatus, sentence: String) {
            self.status = status
            self.sentence = sentence
        }
    }

    /// A status is always shown as symbol, word and colour.
    package enum CardStatus: String, Sendable, Codable, CaseIterable {
        /// In-domain improved and OOD worsened.
        case diverged
        /// The same in tables without documents: observed, untested.
        case observedDiverged = "observed_diverged"
        /// At least one domain regressed, without a divergence of the lineage.
        case regressed
        case improved, unchanged, undecided
        case notComparable = "not_comparable"
        case notEvaluated = "not_evaluated"
    }

    package struct AttentionItem: Hashable, Sendable, Codable {
        package enum Urgency: String, Sendable, Codable { case act, look, know }

        package var urgency: Urgency
        package var text: String

        package init(urgency: Urgency, text: String) {
            self.urgency = urgency
            self.text = text
        }
    }

    package struct CheckpointColumn: Hashable, Sendable, Codable {
        package var name: String
        package var step: Int64?
        package var tokensSeen: Int64?
        package var isBaseline: Bool
        /// The run shown for it; nil when it was not evaluated under the card's protocol and domain set.
        package var run: RunID?

        package init(name: String, step: Int64?, tokensSeen: Int64?, isBaseline: Bool, run: RunID?) {
            self.name = name
            self.step = step
            self.tokensSeen = tokensSeen
            self.isBaseline = isBaseline
            self.run = run
        }
    }

    /// An estimate of θ with its 95 % interval; the bounds are nil for summaries, which are observed and untested.
    package struct Estimate: Hashable, Sendable, Codable {
        package var theta: Double
        package var low: Double?
        package var high: Double?

        package init(theta: Double, low: Double?, high: Double?) {
            self.theta = theta
            self.low = low
            self.high = high
        }
    }

    /// The tested statement "in-domain improved and OOD worsened" for the current checkpoint against the baseline.
    package struct DivergenceStatement: Hashable, Sendable, Codable {
        package var inDomain: Estimate
        package var ood: Estimate
        /// θ_O − θ_I.
        package var gap: Estimate
        /// Intersection–union: the larger of the two one-sided p-values. Nil when untested.
        package var p: Double?
        package var isDiverged: Bool
        package var inDomainCount: Int
        package var oodCount: Int

        package init(
            inDomain: Estimate, ood: Estimate, gap: Estimate, p: Double?, isDiverged: Bool, inDomainCount: Int, oodCount: Int
        ) {
            self.inDomain = inDomain
            self.ood = ood
            self.gap = gap
            self.p = p
            self.isDiverged = isDiverged
            self.inDomainCount = inDomainCount
            self.oodCount = oodCount
        }
    }

    /// One value per checkpoint of the card; nil where the checkpoint has none. The baseline is 0 by definition.
    package struct Paths: Hashable, Sendable, Codable {
        package var inDomain: [Estimate?]
        package var ood: [Estimate?]
        /// Change of the gap per checkpoint, ordinary least squares; nil with fewer than three checkpoints.
        package var gapTrendPerCheckpoint: Double?

        package init(inDomain: [Estimate?], ood: [Estimate?], gapTrendPerCheckpoint: Double?) {
            self.inDomain = inDomain
            self.ood = ood
            self.gapTrendPerCheckpoint = gapTrendPerCheckpoint
        }
    }

    package struct DomainRow: Hashable, Sendable, Codable {
        package var name: DomainName
        package var isInDomain: Bool
        /// Against the baseline.
        package var verdict: DomainVerdict
        /// Why, when the verdict alone does not say it.
        package var reason: String?
        /// Against the baseline; nil when there is no comparison.
        package var change: Estimate?
        /// Benjamini–Hochberg adjusted; nil when untested.
        package var adjustedP: Double?
        /// The smallest change that this domain would have shown with power 0.8, as a log ratio.
        package var minimalDetectable: Double?
        package var unit: ComparisonUnit
        /// Perplexity of the baseline and of the current checkpoint.
        package var baselinePerplexity: Double?
        package var currentPerplexity: Double?
        package var currentBitsPerByte: Double?
        /// Share of tokens with perplexity ≥ 2.5 under the current checkpoint.
        package var highPerplexityShare: Double?
        /// The same at each of ``TokenHistogram/thresholds``; nil without a histogram.
        package var densities: [TokenDensity]?
        package var documents: Int?
        package var effectiveDocuments: Double?
        package var tokens: Int64?
        /// Against the previous checkpoint.
        package var previousVerdict: DomainVerdict?
        package var previousChange: Estimate?
        /// Perplexity per checkpoint of the card.
        package var path: [Double?]
        /// For an OOD domain: "in-domain improved and this domain worsened", Benjamini–Hochberg adjusted; nil when untested.
        package var divergenceAdjustedP: Double?
        /// By how much the evaluators' own noise could move the change, as a log ratio; only where that is a tenth of it or more.
        package var noise: Double?

        package init(
            name: DomainName, isInDomain: Bool, verdict: DomainVerdict, reason: String?, change: Estimate?, adjustedP: Double?,
            minimalDetectable: Double?, unit: ComparisonUnit, baselinePerplexity: Double?, currentPerplexity: Double?,
            currentBitsPerByte: Double?, highPerplexityShare: Double?, documents: Int?, effectiveDocuments: Double?, tokens: Int64?,
            previousVerdict: DomainVerdict?, previousChange: Estimate?, path: [Double?], divergenceAdjustedP: Double? = nil,
            densities: [TokenDensity]? = nil, noise: Double? = nil
        ) {
            self.name = name
            self.isInDomain = isInDomain
            self.verdict = verdict
            self.reason = reason
            self.change = change
            self.adjustedP = adjustedP
            self.minimalDetectable = minimalDetectable
            self.unit = unit
            self.baselinePerplexity = baselinePerplexity
            self.currentPerplexity = currentPerplexity
            self.currentBitsPerByte = currentBitsPerByte
            self.highPerplexityShare = highPerplexityShare
            self.documents = documents
            self.effectiveDocuments = effectiveDocuments
            self.tokens = tokens
            self.previousVerdict = previousVerdict
            self.previousChange = previousChange
            self.path = path
            self.divergenceAdjustedP = divergenceAdjustedP
            self.densities = densities
            self.noise = noise
        }
    }

    package struct AlertLine: Hashable, Sendable, Codable {
        package var state: AlertView.State
        package var summary: String
        package var openedAt: Timestamp
        package var resolvedAt: Timestamp?

        package init(state: AlertView.State, summary: String, openedAt: Timestamp, resolvedAt: Timestamp?) {
            self.state = state
            self.summary = summary
            self.openedAt = openedAt
            self.resolvedAt = resolvedAt
        }
    }

    package struct NotEvaluated: Hashable, Sendable, Codable {
        package var subject: String
        package var reason: String

        package init(subject: String, reason: String) {
            self.subject = subject
            self.reason = reason
        }
    }

    /// What the card's numbers promise, in words for its reader.
    package struct RulesStatement: Hashable, Sendable, Codable {
        /// False discovery rate.
        package var q: Double
        /// Smallest change that counts, as a log ratio.
        package var margin: Double
        package var statements: [String]

        package init(q: Double, margin: Double, statements: [String]) {
            self.q = q
            self.margin = margin
            self.statements = statements
        }
    }

    package struct RunCitation: Hashable, Sendable, Codable {
        package var run: RunID
        package var digest: Digest
        package var checkpoint: String
        package var checkpointDigest: Digest
        package var tokenizer: Digest?
        package var domainSet: String
        package var evaluator: String
        package var environment: [String: String]
        package var reason: RunReason
        package var evaluatedAt: Timestamp
        /// True where only reported numbers of the checkpoint are known, and its digest is that of a statement. Left out otherwise.
        package var isReported: Bool?
        /// What it cost, and how well its evaluator repeated itself; nil where the evaluator did not say.
        package var effort: EvaluationEffort?

        package init(
            run: RunID, digest: Digest, checkpoint: String, checkpointDigest: Digest, tokenizer: Digest?, domainSet: String,
            evaluator: String, environment: [String: String], reason: RunReason, evaluatedAt: Timestamp, isReported: Bool? = nil,
            effort: EvaluationEffort? = nil
        ) {
            self.run = run
            self.digest = digest
            self.checkpoint = checkpoint
            self.checkpointDigest = checkpointDigest
            self.tokenizer = tokenizer
            self.domainSet = domainSet
            self.evaluator = evaluator
            self.environment = environment
            self.reason = reason
            self.evaluatedAt = evaluatedAt
            self.isReported = isReported
            self.effort = effort
        }
    }
}
