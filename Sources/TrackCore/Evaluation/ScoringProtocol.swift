/// What a number means: two numbers compare only under one protocol digest.
package struct ScoringProtocol: Hashable, Sendable, Codable {
    package enum Scoring: String, Sendable, Codable, CaseIterable {
        /// Every token of the document, the first one conditioned on the prefix token.
        case allTokens = "all-tokens"
        /// Of a chat document, what assistants wrote with the token that ends their turn, under the tokenizer's own chat template.
        case assistantTokens = "assistant-tokens"
    }

    package enum Windows: String, Sendable, Codable, CaseIterable {
        /// Every document alone, in disjoint windows as Paloma's code cuts them.
        case disjoint
        /// The form of the transformers manual: windows begin every `stride` tokens and score what no earlier one saw.
        case strided
        /// The first `context` tokens of every document; the rest is not scored.
        case truncated
        /// The documents of a domain as one stream.
        case packed
    }

    package enum Prefix: String, Sendable, Codable, CaseIterable {
        /// BOS, else EOS; itself not scored.
        case bosOrEos = "bos-or-eos"
        /// The special tokens that the tokenizer adds by itself; a document's first token is not scored.
        case tokenizer
    }

    package enum DType: String, Sendable, Codable, CaseIterable {
        case float32, bfloat16, float16
    }

    package var scoring: Scoring
    package var windows: Windows
    /// Tokens from one window's begin to the next one's; strided windows have one, and no others.
    package var stride: Int?
    /// Window length in tokens; 0 is the model's own maximum.
    package var context: Int
    package var prefix: Prefix
    package var dtype: DType
    /// Revision of the scoring rule itself.
    package var rule: Int

    package init(
        scoring: Scoring = .allTokens, windows: Windows = .disjoint, stride: Int? = nil, context: Int = 0, prefix: Prefix = .bosOrEos,
        dtype: DType = .float32, rule: Int = 1
    ) {
        self.scoring = scoring
        self.windows = windows
        self.stride = stride
        self.context = context
        self.prefix = prefix
        self.dtype = dtype
        self.rule = rule
    }

    /// What keeps the values from meaning anything together; empty when nothing does. Fields are pointers into the protocol.
    package var faults: [Fault] {
        var faults: [Fault] = []
        // A short last window reuses a token of the one before it.
        if context != 0 && context < 2 { faults.append(Fault(field: "/context", reason: "must be 0 or at least 2 tokens")) }
        switch (windows, stride) {
        case (.strided, nil): faults.append(Fault(field: "/stride", reason: "is missing: strided windows need one"))
        case (.strided, let stride?) where stride < 1 || (context != 0 && stride > context):
            faults.append(Fault(field: "/stride", reason: "must be from 1 to the context"))
        case (.strided, _?), (_, nil): break
        case (_, _?): faults.append(Fault(field: "/stride", reason: "goes with strided windows only, and these are \(windows.rawValue)"))
        }
        return faults
    }

    /// Without a key for what only some protocols have, so that the others keep the digests they have always had.
    package var canonical: CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "context": .integer(Int64(context)), "dtype": .string(dtype.rawValue), "prefix": .string(prefix.rawValue),
            "rule": .integer(Int64(rule)), "scoring": .string(scoring.rawValue), "windows": .string(windows.rawValue),
        ]
        if let stride { members["stride"] = .integer(Int64(stride)) }
        return .object(members)
    }

    package var digest: Digest { canonical.digest }

    /// One line for people, for example `all tokens, disjoint windows of 128, prefix BOS or EOS, float32`.
    package var summary: String {
        let length = context == 0 ? "the model's own context" : "\(context)"
        let tokens =
            switch scoring {
            case .allTokens: "all tokens"
            case .assistantTokens: "assistants' tokens"
            }
        let cut =
            switch windows {
            case .disjoint: "disjoint windows of \(length)"
            case .strided: "windows of \(length) every \(stride ?? 0)"
            case .truncated: "documents truncated to \(length)"
            case .packed: "documents packed into windows of \(length)"
            }
        let before =
            switch prefix {
            case .bosOrEos: "prefix BOS or EOS"
            case .tokenizer: "the tokenizer's own special tokens"
            }
        return "\(tokens), \(cut), \(before), \(dtype.rawValue)"
    }
}
