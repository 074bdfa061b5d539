/// `GET /v1/compare?run=A&reference=B&tokens=true`: A judged against B.
package struct CompareView: Sendable, Codable {
    package var checkpoint: String
    package var reference: String
    package var run: RunID?
    package var referenceRun: RunID?
    /// Why nothing can be compared; nil when something can.
    package var notComparable: String?
    package var unit: ComparisonUnit
    /// The tested statement in one sentence.
    package var sentence: String
    package var domains: [CompareRow]
    /// Which tokens moved in the domains that improved or regressed; nil unless asked for.
    package var moves: [DomainMoves]?

    package init(
        checkpoint: String, reference: String, run: RunID?, referenceRun: RunID?, notComparable: String?, unit: ComparisonUnit,
        sentence: String, domains: [CompareRow], moves: [DomainMoves]? = nil
    ) {
        self.checkpoint = checkpoint
        self.reference = reference
        self.run = run
        self.referenceRun = referenceRun
        self.notComparable = notComparable
        self.unit = unit
        self.sentence = sentence
        self.domains = domains
        self.moves = moves
    }
}

package struct CompareRow: Sendable, Codable {
    package var name: DomainName
    package var isInDomain: Bool
    package var verdict: DomainVerdict
    package var reason: String?
    package var referencePerplexity: Double?
    package var perplexity: Double?
    /// θ, the log ratio, with its 95 % interval.
    package var logRatio: Double?
    package var low: Double?
    package var high: Double?
    package var adjustedP: Double?
    package var documents: Int?

    package init(
        name: DomainName, isInDomain: Bool, verdict: DomainVerdict, reason: String?, referencePerplexity: Double?, perplexity: Double?,
        logRatio: Double?, low: Double?, high: Double?, adjustedP: Double?, documents: Int?
    ) {
        self.name = name
        self.isInDomain = isInDomain
        self.verdict = verdict
        self.reason = reason
        self.referencePerplexity = referencePerplexity
        self.perplexity = perplexity
        self.logRatio = logRatio
        self.low = low
        self.high = high
        self.adjustedP = adjustedP
        self.documents = documents
    }
}
