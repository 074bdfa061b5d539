/// The histogram of token NLL that is kept for every domain of a run, so that the density of high-perplexity tokens can be read
/// at any threshold τ among its edges without another evaluation.
package enum TokenHistogram {
    /// Lower edges in nats of bins 1...18; bin 0 is everything below the first. The values ln 1.5, ln 2.5, ln 10, ln 25 and ln 1000 are the
    /// thresholds of arXiv 2501.14315.
    package static let edges: [Double] = [
        0.1, 0.25, 0.4054651081081644, 0.65, 0.9162907318741551, 1.25, 1.75, 2.302585092994046, 3.2188758248682006,
        4, 5, 6, 6.907755278982137, 8, 10, 12, 15, 20,
    ]

    package static let binCount = 19

    /// Whether some counts are those of exactly so many tokens. No count may be larger than all of them: sums that wrap around agree too,
    /// and the first honest sum of such counts would end the program.
    package static func adds(_ counts: some Collection<Int64>, upTo tokens: Int64) -> Bool {
        counts.allSatisfy { $0 <= tokens } && counts.reduce(0, &+) == tokens
    }

    /// The perplexities at which densities are told, each with the first bin that holds what is not below it.
    package static let thresholds: [(tau: Double, bin: Int)] = [(1.5, 3), (2.5, 5), (10, 8), (25, 9), (1000, 13)]

    /// The share of tokens whose perplexity is at least 2.5 (NLL ≥ ln 2.5 nats), from 0 to 1. Nil without tokens.
    package static func highPerplexityShare(_ counts: some Collection<Int64>) -> Double? { share(counts, from: 5) }

    /// The share of tokens at or above each threshold; empty without tokens.
    package static func densities(_ counts: some Collection<Int64>) -> [TokenDensity] {
        thresholds.compactMap { tau, bin in share(counts, from: bin).map { TokenDensity(tau: tau, share: $0) } }
    }

    private static func share(_ counts: some Collection<Int64>, from bin: Int) -> Double? {
        guard counts.count == binCount else { return nil }
        let total = counts.reduce(0, +)
        guard total > 0 else { return nil }
        return Double(counts.dropFirst(bin).reduce(0, +)) / Double(total)
    }
}

/// How many of a text's tokens a model finds hard.
package struct TokenDensity: Hashable, Sendable, Codable {
    /// A perplexity.
    package var tau: Double
    /// Of the tokens whose perplexity is at least ``tau``, from 0 to 1.
    package var share: Double

    package init(tau: Double, share: Double) {
        self.tau = tau
        self.share = share
    }
}
