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

    /// The bin of a token's NLL, in nats and not NaN; a value equal to an edge belongs to the bin above it.
    package static func bin(of nll: Double) -> Int { edges.firstIndex { nll < $0 } ?? edges.count }

    /// Whether some counts are those of exactly so many tokens. No count may be larger than all of them: sums that wrap around agree too,
    /// and the first honest sum of such counts would end the program.
    package static func adds(_ counts: some Collection<Int64>, upTo tokens: Int64) -> Bool {
        counts.allSatisfy { $0 <= tokens } && counts.reduce(0, &+) == tokens
    }

    /// The share of tokens whose perplexity is at least 2.5 (NLL ≥ ln 2.5 nats), from 0 to 1. Nil without tokens.
    package static func highPerplexityShare(_ counts: some Collection<Int64>) -> Double? {
        guard counts.count == binCount else { return nil }
        let total = counts.reduce(0, +)
        guard total > 0 else { return nil }
        return Double(counts.dropFirst(5).reduce(0, +)) / Double(total)
    }
}
