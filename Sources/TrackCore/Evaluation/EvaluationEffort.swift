/// What an evaluation cost, and how well its evaluator repeats itself. Every part is the evaluator's word and may be missing.
package struct EvaluationEffort: Hashable, Sendable, Codable {
    /// Scored in this attempt, failed domains with it.
    package var tokens: Int64?
    package var seconds: Double?
    package var tokensPerSecond: Double?
    package var peakMemoryBytes: Int64?
    /// The largest relative difference of a document's NLL when a sample was scored again in other batches.
    package var noise: Double?
    /// How many tokens were scored again.
    package var noiseTokens: Int64?
    /// Domains whose measurement an earlier attempt at the same job had left behind.
    package var resumedDomains: Int64?

    package init(
        tokens: Int64? = nil, seconds: Double? = nil, tokensPerSecond: Double? = nil, peakMemoryBytes: Int64? = nil, noise: Double? = nil,
        noiseTokens: Int64? = nil, resumedDomains: Int64? = nil
    ) {
        self.tokens = tokens
        self.seconds = seconds
        self.tokensPerSecond = tokensPerSecond
        self.peakMemoryBytes = peakMemoryBytes
        self.noise = noise
        self.noiseTokens = noiseTokens
        self.resumedDomains = resumedDomains
    }

    /// Without what no evaluation can have cost: hours of scoring count for more than a broken clock.
    package var sound: EvaluationEffort {
        EvaluationEffort(
            tokens: Self.whole(tokens), seconds: Self.finite(seconds), tokensPerSecond: Self.finite(tokensPerSecond),
            peakMemoryBytes: Self.whole(peakMemoryBytes), noise: Self.number(noise), noiseTokens: Self.whole(noiseTokens),
            resumedDomains: Self.whole(resumedDomains))
    }

    package var canonical: CanonicalJSON {
        var members: [String: CanonicalJSON] = [:]
        members["noise"] = noise.map { .double($0) }
        members["noise_tokens"] = noiseTokens.map { .integer($0) }
        members["peak_memory_bytes"] = peakMemoryBytes.map { .integer($0) }
        members["resumed_domains"] = resumedDomains.map { .integer($0) }
        members["seconds"] = seconds.map { .double($0) }
        members["tokens"] = tokens.map { .integer($0) }
        members["tokens_per_second"] = tokensPerSecond.map { .double($0) }
        return .object(members)
    }

    private static func whole(_ value: Int64?) -> Int64? { value.flatMap { $0 >= 0 ? $0 : nil } }
    private static func number(_ value: Double?) -> Double? { value.flatMap { $0 >= 0 ? $0 : nil } }
    private static func finite(_ value: Double?) -> Double? { number(value).flatMap { $0.isFinite ? $0 : nil } }
}
