import TrackCore
import TrackReview

/// What the card's template reads: finished markup only, so that the template has nothing to escape.
struct CardView {
    let week: Markup
    let lineage: Markup
    let evidence: Markup
    let statusMark: Markup
    let statusTone: Markup
    let sentence: Markup
    let facts: Markup
    let attention: Markup
    let scissors: Markup
    let checkpoints: Markup
    let trend: Markup
    let hasPaths: Bool
    let definitions: Markup
    let domains: Markup
    let tallies: Markup
    let hasDomains: Bool
    let tokens: Markup
    let hasTokens: Bool
    let alerts: Markup
    let notEvaluated: Markup
    let statements: [Markup]
    let q: Markup
    let margin: Markup
    let scoring: Markup
    let comparability: Markup
    let provenance: Markup
    let twin: Markup

    init(_ card: Scorecard) {
        let status = Mark(card.headline.status)
        let figure = ScissorsFigure(card)
        let table = DomainTable(card)
        week = "\(card.week)"
        lineage = "\(card.lineage)"
        evidence = "\(Self.evidence(card))"
        statusMark = status.inline
        statusTone = "\(status.tone.rawValue)"
        sentence = "\(Prose.unbroken(card.headline.sentence))"
        facts = CardFacts(card).markup()
        attention = Self.attention(card)
        hasPaths = !figure.isEmpty
        scissors = hasPaths ? figure.markup() : .empty
        checkpoints = CheckpointTable(card: card).markup()
        trend = "\(Self.trend(card))"
        hasDomains = !card.domains.isEmpty
        definitions = hasDomains ? table.definitions : .empty
        domains = hasDomains ? table.markup() : .empty
        tallies = Self.tallies(card)
        let section = TokenSection(card)
        hasTokens = !section.isEmpty
        tokens = hasTokens ? section.markup() : .empty
        alerts = Self.alerts(card.alerts)
        notEvaluated = Self.notEvaluated(card.notEvaluated)
        statements = card.rules.statements.map { "\($0)" }
        q = "\(NumberText.stated(card.rules.q))"
        margin = "\(ChangeText.margin(card.rules.margin))"
        scoring = "\(card.scoring?.summary ?? "not stated")"
        comparability = ComparabilityTable(controls: card.comparability).markup()
        provenance = ProvenanceTable(citations: card.provenance).markup()
        twin = "\(card.week).json"
    }

    /// What was looked at, and until when.
    private static func evidence(_ card: Scorecard) -> String {
        var parts: [String] = []
        if let domainSet = card.domainSet { parts.append("Domain set \(domainSet)") }
        if let asOf = card.asOf { parts.append("evidence until \(TimeText.minute(asOf)) UTC") }
        return parts.isEmpty ? "No evidence yet" : parts.joined(separator: ", ")
    }

    private static func attention(_ card: Scorecard) -> Markup {
        guard card.attention.isEmpty else {
            let items = card.attention.map { item -> Markup in "<li>\(Mark(item.urgency).markup)<p>\(Prose.markup(item.text))</p></li>\n"
            }
            return "<ol class=\"attention\">\(items.joined())</ol>"
        }
        switch card.headline.status {
        case .notEvaluated, .notComparable: return "<p>Nothing was judged this week. That is missing evidence, not good news.</p>"
        default: return "<p>Nothing needs attention this week.</p>"
        }
    }

    private static func trend(_ card: Scorecard) -> String {
        guard let slope = card.paths.gapTrendPerCheckpoint, slope.isFinite else { return "" }
        let change = ChangeText.of(slope)
        return "From checkpoint to checkpoint the gap between out-of-domain and in-domain changes by \(change) (least squares)."
    }

    /// How many domains got which verdict, against both references.
    private static func tallies(_ card: Scorecard) -> Markup {
        func line(_ title: Markup, _ verdicts: [DomainVerdict]) -> Markup {
            let counts = DomainVerdict.allCases.compactMap { verdict -> Markup? in
                let count = verdicts.count { $0 == verdict }
                guard count > 0 else { return nil }
                let mark = Mark(verdict)
                return """
                    <li class="mark \(mark.tone.rawValue)"><b aria-hidden="true">\(mark.symbol)</b> \
                    \(NumberText.count(Int64(count))) \(mark.word)</li>
                    """
            }
            return counts.isEmpty ? .empty : "<div><dt>\(title)</dt><dd><ul>\(counts.joined())</ul></dd></div>"
        }
        return line("Against the baseline", card.domains.map(\.verdict))
            + line("Against the previous checkpoint", card.domains.compactMap(\.previousVerdict))
    }

    private static func alerts(_ alerts: [Scorecard.AlertLine]) -> Markup {
        guard !alerts.isEmpty else { return "<p>No alert fired in this week.</p>" }
        let items = alerts.map { alert -> Markup in
            let end = alert.resolvedAt.map { ", resolved \(TimeText.minute($0))" } ?? ""
            let times = "opened \(TimeText.minute(alert.openedAt))\(end) UTC"
            return """
                <li>\(Mark(alert.state).markup)<p>\(alert.summary)<small>\(times)</small></p></li>

                """
        }
        return "<ul class=\"attention\">\(items.joined())</ul>"
    }

    private static func notEvaluated(_ missing: [Scorecard.NotEvaluated]) -> Markup {
        guard !missing.isEmpty else { return "<p>Everything that was due has been evaluated.</p>" }
        let items = missing.map { item -> Markup in "<dt>\(item.subject)</dt><dd>\(item.reason)</dd>" }
        return "<dl class=\"pairs\">\(items.joined())</dl>"
    }
}
