import TrackCore
import TrackReview

/// Which tokens moved in the domains that regressed, and how many tokens are hard at each threshold.
struct TokenSection {
    /// Domains whose moved tokens are on the page, by evidence; the twin has them all. So a card with hundreds of flags stays within its size.
    static let movedDomains = 12
    /// Domains whose densities are on the page.
    static let densityRows = 40
    /// Characters of a token: a vocabulary may hold a line of text.
    private static let longestToken = 24

    private let card: Scorecard

    init(_ card: Scorecard) { self.card = card }

    var isEmpty: Bool { (card.moves ?? []).isEmpty && densities.isEmpty }

    func markup() -> Markup { moves + densityTable }

    // MARK: Moves

    private var moves: Markup {
        let order = Dictionary(card.domains.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let all = (card.moves ?? []).sorted { (order[$0.name] ?? .max) < (order[$1.name] ?? .max) }
        guard !all.isEmpty else { return .empty }
        let more: Markup =
            all.count > Self.movedDomains
            ? "<p>\(Plural.domains(all.count - Self.movedDomains)) more with moved tokens stand in the card’s data.</p>" : .empty
        return """
            <p>Tokens that moved where a domain regressed: their summed loss (NLL, in nats) against the baseline, over the same documents.</p>
            \(all.prefix(Self.movedDomains).map(table).joined())\(more)
            """
    }

    private func table(_ domain: DomainMoves) -> Markup {
        let rows = domain.moves.map { move -> Markup in
            let certain = (move.isExact ? "" : "at least ") + signed(move.certain)
            return """
                <tr><th scope="row">\(shown(move.text))</th><td>\(NumberText.count(move.count))<td>\(certain)<td>\(share(move.share))

                """
        }
        return """
            <details><summary>\(domain.name.description): \(signed(domain.change)) nats</summary>
            <div class="scroll"><table class="plain"><thead><tr><th scope="col">Token</th><th scope="col">Times</th><th scope="col">Change</th>\
            <th scope="col">Share</th></tr></thead><tbody>
            \(rows.joined())</tbody></table></div></details>

            """
    }

    private func shown(_ text: String) -> String {
        let visible = VisibleText.token(text)
        return visible.count > Self.longestToken ? String(visible.prefix(Self.longestToken)) + "…" : visible
    }

    private func share(_ share: Double?) -> String {
        guard let share, share.isFinite, abs(share) < 100 else { return NumberText.absent }
        return (share < 0 ? "−" : "") + NumberText.share(abs(share))
    }

    private func signed(_ value: Double) -> String {
        guard value.isFinite else { return value > 0 ? "not finite" : "was not finite" }
        return (value < 0 ? "−" : "+") + NumberText.significant(abs(value), digits: 3, decimals: 1)
    }

    // MARK: Densities

    private var densities: [(name: DomainName, densities: [TokenDensity])] {
        card.domains.compactMap { row in row.densities.map { (row.name, $0) } }
    }

    private var densityTable: Markup {
        let all = densities
        guard let first = all.first else { return .empty }
        let heads = first.densities.map { density -> Markup in
            "<th scope=\"col\">≥ \(NumberText.significant(density.tau, digits: 4, decimals: 1))</th>"
        }
        let rows = all.prefix(Self.densityRows).map { row -> Markup in
            let cells = row.densities.map { density -> Markup in "<td>\(NumberText.share(density.share))" }
            return "<tr><th scope=\"row\">\(row.name.description)</th>\(cells.joined())\n"
        }
        return """
            <details><summary>Share of tokens at or above a perplexity, under the current checkpoint</summary>
            <div class="scroll"><table class="plain"><thead><tr><th scope="col">Domain</th>\(heads.joined())</tr></thead><tbody>
            \(rows.joined())</tbody></table></div></details>

            """
    }
}
