import TrackStatistics

/// What can be expected of a domain that no two checkpoints were compared on yet.
///
/// Paloma measured how ln PPL scatters over subsets of C4, one document per input (arXiv 2312.10523, table of its guideline on
/// subsampling): 0.68 % at 4 million tokens to 0.19 % at 40 million, which is 11/√tokens, within ±40 %. Two checkpoints share most of that:
/// of a paired difference √(2(1 − r)) of it is left, where r is the correlation of the documents' NLL between them. No r is published;
/// 0.99 is on the careful side for neighbours of one training run.
package enum PublishedSpread {
    /// SD of ln PPL times the root of the tokens.
    static let perRootToken = 11.0
    static let correlation = 0.99
    /// Tokens of a mean document of C4 in Paloma: 1,000,000 in 2,124. Tokens beyond that in one document say less than those of another.
    static let documentTokens = 471.0
    /// UTF-8 bytes of a token of English, about, where nothing was tokenised yet.
    static let bytesPerToken = 4.0

    /// The standard error of θ between two checkpoints.
    ///
    /// - Parameters:
    ///   - tokens: of the domain.
    ///   - effectiveDocuments: Kish's n_eff. Fewer than tokens/471 mean long documents, and each is then worth one of 471 tokens.
    package static func standardError(tokens: Double, effectiveDocuments: Double) -> Double {
        let worth = min(tokens, effectiveDocuments * documentTokens)
        guard worth > 0 else { return .infinity }
        return perRootToken / worth.squareRoot() * (2 * (1 - correlation)).squareRoot()
    }
}
