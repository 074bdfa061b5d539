/// What is said about one domain of one comparison.
package enum DomainVerdict: String, Sendable, Codable, CaseIterable {
    case improved, regressed
    /// The 90 % interval lies within the margin.
    case unchanged
    /// Not enough evidence either way; the minimal detectable effect says how much would have been seen.
    case undecided
    case notComparable = "not_comparable"
    case notEvaluated = "not_evaluated"
    /// A summary: observed, untested.
    case observedImproved = "observed_improved"
    case observedRegressed = "observed_regressed"
    case observedUnchanged = "observed_unchanged"

    /// The word that a person reads.
    package var word: String {
        switch self {
        case .improved: "improved"
        case .regressed: "regressed"
        case .unchanged: "unchanged"
        case .undecided: "undecided"
        case .notComparable: "not comparable"
        case .notEvaluated: "not evaluated"
        case .observedImproved: "observed lower, untested"
        case .observedRegressed: "observed higher, untested"
        case .observedUnchanged: "observed equal, untested"
        }
    }
}

/// What a comparison is measured in.
package enum ComparisonUnit: String, Sendable, Codable {
    /// ln of the perplexity ratio, nats per token.
    case perplexity
    /// The tokenizers differ: nats per byte (bits per byte · ln 2).
    case bitsPerByte = "bits_per_byte"
}

/// Against which run a run is judged.
package enum ReferenceKind: String, Sendable, Codable, CaseIterable {
    /// The lineage's baseline: sees slow drift.
    case baseline
    /// The previous checkpoint of the lineage: sees jumps.
    case previous
}
