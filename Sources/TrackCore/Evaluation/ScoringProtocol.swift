/// What a number means: two numbers compare only under one protocol digest.
package struct ScoringProtocol: Hashable, Sendable, Codable {
    package enum Scoring: String, Sendable, Codable {
        /// Every token of the document, the first one conditioned on the prefix token.
        case allTokens = "all-tokens"
    }

    package enum Windows: String, Sendable, Codable {
        /// Every document alone, in disjoint windows as Paloma's code cuts them.
        case disjoint
    }

    package enum Prefix: String, Sendable, Codable {
        /// BOS, else EOS; itself not scored.
        case bosOrEos = "bos-or-eos"
    }

    package enum DType: String, Sendable, Codable, CaseIterable {
        case float32, bfloat16, float16
    }

    package var scoring: Scoring
    package var windows: Windows
    /// Window length in scored tokens; 0 is the model's own maximum.
    package var context: Int
    package var prefix: Prefix
    package var dtype: DType
    /// Revision of the scoring rule itself.
    package var rule: Int

    package init(
        scoring: Scoring = .allTokens, windows: Windows = .disjoint, context: Int = 0, prefix: Prefix = .bosOrEos,
        dtype: DType = .float32, rule: Int = 1
    ) {
        self.scoring = scoring
        self.windows = windows
        self.context = context
        self.prefix = prefix
        self.dtype = dtype
        self.rule = rule
    }

    /// Whether windows can be cut so: the model's own length, or at least 2 tokens, of which a short last window reuses one.
    package var hasUsableContext: Bool { context == 0 || context >= 2 }

    package var canonical: CanonicalJSON {
        .object([
            "context": .integer(Int64(context)), "dtype": .string(dtype.rawValue), "prefix": .string(prefix.rawValue),
            "rule": .integer(Int64(rule)), "scoring": .string(scoring.rawValue), "windows": .string(windows.rawValue),
        ])
    }

    package var digest: Digest { canonical.digest }

    /// One line for people, for example `all tokens, disjoint windows of 128, prefix BOS or EOS, float32`.
    package var summary: String {
        let length = context == 0 ? "the model's own context" : "\(context)"
        return "all tokens, disjoint windows of \(length), prefix BOS or EOS, \(dtype.rawValue)"
    }
}
