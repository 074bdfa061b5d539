import FoundationEssentials
import TrackCore
package import TrackReview

/// The card as JSON, beside its page: everything that the page was rendered from, for programs and for grids that no page can hold.
package enum ScorecardTwin {
    /// Indented, keys sorted, times in ISO 8601, ∞ as `"inf"`; the same card gives the same bytes.
    package static func render(_ card: Scorecard) throws -> [UInt8] {
        Array(try WireCoding.encode(card, pretty: true)) + [UInt8(ascii: "\n")]
    }
}
