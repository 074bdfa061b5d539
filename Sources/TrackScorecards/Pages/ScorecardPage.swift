package import TrackReview

/// The card as one HTML file that needs nothing else: no script, no fetch, readable from a `file://` path, in the dark and on paper.
package enum ScorecardPage {
    /// The same card gives the same bytes. Throws a `Problem` only when a template of this program is broken.
    package static func render(_ card: Scorecard) throws -> [UInt8] {
        let title: Markup = "\(card.lineage) · \(card.week) · \(Mark(card.headline.status).word)"
        return try PageShell.render(title: title, body: CardView(card), template: "card")
    }
}
