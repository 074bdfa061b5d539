package import TrackCore
package import TrackEvaluators

/// What `track tokens` found: documents of one domain as a checkpoint reads them, and beside it as another one does.
package struct TokenReport: Sendable, Codable {
    package var checkpoint: String
    package var against: String?
    package var domain: DomainName
    package var domainSet: String
    package var scoring: ScoringProtocol
    /// Tokens of this perplexity or more are marked.
    package var tau: Double
    /// Positions in the domain, from 1 on; ``documents`` are in their order.
    package var numbers: [Int]
    package var documents: [TokenDocument]
    package var totals: TokenTotals
    package var densities: [TokenDensity]
    /// The same documents under ``against``.
    package var reference: [TokenDocument]?
    package var referenceTotals: TokenTotals?

    package init(
        checkpoint: String, against: String? = nil, domain: DomainName, domainSet: String, scoring: ScoringProtocol, tau: Double,
        numbers: [Int], documents: [TokenDocument], totals: TokenTotals, reference: [TokenDocument]? = nil,
        referenceTotals: TokenTotals? = nil
    ) {
        self.checkpoint = checkpoint
        self.against = against
        self.domain = domain
        self.domainSet = domainSet
        self.scoring = scoring
        self.tau = tau
        self.numbers = numbers
        self.documents = documents
        self.totals = totals
        densities = TokenHistogram.densities(totals.histogram)
        self.reference = reference
        self.referenceTotals = referenceTotals
    }

    private enum CodingKeys: String, CodingKey {
        case checkpoint, against, domain, domainSet, scoring = "protocol", tau, numbers, documents, totals, densities, reference
        case referenceTotals
    }

    /// How much harder each piece of a document is than for the reference, in nats; nil where one of them did not score it, or without one.
    package func changes(of document: Int) -> [Double?] {
        let pieces = documents[document].pieces
        guard let other = reference?[document].pieces, other.map(\.ids) == pieces.map(\.ids) else {
            return pieces.map { _ in nil }
        }
        return zip(pieces, other).map { piece, other in piece.total.flatMap { own in other.total.map { own - $0 } } }
    }
}

/// How hard a token is, in six steps between the thresholds at which densities are told.
package enum TokenShade {
    /// 0 below perplexity 1.5, 5 from 1000 on.
    package static func level(nll: Double) -> Int { edges.count { nll >= $0 } }

    private static let edges = TokenHistogram.thresholds.map { TokenHistogram.edges[$0.bin - 1] }

    /// What the steps say: `below 1.5`, `1.5`, …
    package static let names = ["below 1.5"] + TokenHistogram.thresholds.map { "from " + MaskText.threshold($0.tau) }
}
