import TrackCore

/// The protocols that can be kept with a server that is given token ids and tells their log-probabilities.
struct ServedProtocol: Hashable, Sendable {
    enum Windows: Hashable, Sendable {
        case disjoint, truncated, packed
        case strided(Int)
    }

    enum Prefix: String, Hashable, Sendable {
        case bosOrEos = "bos-or-eos"
        case tokenizer
    }

    let windows: Windows
    /// Tokens; 0 is the model's own maximum.
    let context: Int
    let prefix: Prefix
    let dtype: String

    init(windows: Windows, context: Int, prefix: Prefix, dtype: String) {
        self.windows = windows
        self.context = context
        self.prefix = prefix
        self.dtype = dtype
    }

    init(_ values: [String: ProtocolValue]) throws(ServedRefusal) {
        var rest = values
        func take(_ key: String) throws(ServedRefusal) -> ProtocolValue {
            guard let value = rest.removeValue(forKey: key) else { throw .unsupported("the protocol lacks \(key.debugDescription)") }
            return value
        }
        func unknown(_ key: String, _ value: ProtocolValue, known: String) -> ServedRefusal {
            .unsupported("protocol \(key) = \(value) is unknown to this evaluator, which knows \(known)")
        }
        func tokens(_ key: String) throws(ServedRefusal) -> Int {
            let value = try take(key)
            guard case .whole(let number) = value, number >= 0 else {
                throw .unsupported("protocol \(key) = \(value) is not a whole number of tokens from 0 on")
            }
            return number
        }
        let rule = try take("rule")
        guard rule == .whole(1) else { throw unknown("rule", rule, known: "1") }
        let scoring = try take("scoring")
        guard scoring == .text("all-tokens") else {
            throw unknown("scoring", scoring, known: "all-tokens: which tokens an assistant wrote, only transformers can tell")
        }
        context = try tokens("context")
        guard context != 1 else { throw .unsupported("protocol context = 1 is not 0 (the model's maximum) or at least 2 tokens") }
        let cut = try take("windows")
        switch cut {
        case .text("disjoint"): windows = .disjoint
        case .text("truncated"): windows = .truncated
        case .text("packed"): windows = .packed
        case .text("strided"):
            let stride = try tokens("stride")
            guard stride >= 1, context == 0 || stride <= context else {
                throw .unsupported("protocol stride = \(stride) is not from 1 to the context of \(context) tokens")
            }
            windows = .strided(stride)
        default: throw unknown("windows", cut, known: "disjoint, strided, truncated and packed")
        }
        let before = try take("prefix")
        guard case .text(let name) = before, let prefix = Prefix(rawValue: name) else {
            throw unknown("prefix", before, known: "bos-or-eos and tokenizer")
        }
        self.prefix = prefix
        let format = try take("dtype")
        guard case .text(let dtype) = format, ScoringProtocol.DType(rawValue: dtype) != nil else {
            throw unknown("dtype", format, known: ScoringProtocol.DType.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self.dtype = dtype
        if let stranger = rest.keys.sorted().first {
            throw .unsupported("this evaluator does not know the protocol key \(stranger.debugDescription)")
        }
    }
}
