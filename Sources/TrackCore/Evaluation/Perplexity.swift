#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The arithmetic of perplexity. Sums and counts are stored, perplexities are derived. NLL is in nats.
package enum Perplexity {
    /// Token-weighted (corpus) perplexity, exp(ΣNLL / Σtokens): Paloma's, lm-evaluation-harness's and track's own.
    ///
    /// +∞ when the NLL is; nil when no token was scored.
    package static func tokenWeighted(nll: Double, tokens: Int64) -> Double? {
        guard tokens > 0 else { return nil }
        return exp(nll / Double(tokens))
    }

    /// Document-weighted perplexity, exp(mean of NLLᵢ/nᵢ), the geometric mean of the documents' perplexities.
    package static func documentWeighted(nll: [Double], tokens: [Int64]) -> Double? {
        guard !nll.isEmpty, nll.count == tokens.count, tokens.allSatisfy({ $0 > 0 }) else { return nil }
        let total = zip(nll, tokens).reduce(0) { $0 + $1.0 / Double($1.1) }
        return exp(total / Double(nll.count))
    }

    /// ΣNLL / (bytes · ln 2): comparable across tokenizers.
    package static func bitsPerByte(nll: Double, bytes: Int64) -> Double? {
        guard bytes > 0 else { return nil }
        return nll / (Double(bytes) * 0.693147180559945309417232121458)
    }
}
