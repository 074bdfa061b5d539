/// What somebody asks of a protocol; what they leave open is the daemon's.
package struct ProtocolChoice: Hashable, Sendable, Codable {
    package var scoring: ScoringProtocol.Scoring?
    package var windows: ScoringProtocol.Windows?
    package var stride: Int?
    package var context: Int?
    package var prefix: ScoringProtocol.Prefix?
    package var dtype: ScoringProtocol.DType?

    package init(
        scoring: ScoringProtocol.Scoring? = nil, windows: ScoringProtocol.Windows? = nil, stride: Int? = nil, context: Int? = nil,
        prefix: ScoringProtocol.Prefix? = nil, dtype: ScoringProtocol.DType? = nil
    ) {
        self.scoring = scoring
        self.windows = windows
        self.stride = stride
        self.context = context
        self.prefix = prefix
        self.dtype = dtype
    }

    /// The protocol that is meant. A stride belongs to its windows: whoever asks for others does not get the standard one's.
    package func completed(by standard: ScoringProtocol) -> ScoringProtocol {
        let windows = windows ?? standard.windows
        return ScoringProtocol(
            scoring: scoring ?? standard.scoring, windows: windows,
            stride: stride ?? (windows == standard.windows ? standard.stride : nil), context: context ?? standard.context,
            prefix: prefix ?? standard.prefix, dtype: dtype ?? standard.dtype, rule: standard.rule)
    }
}
