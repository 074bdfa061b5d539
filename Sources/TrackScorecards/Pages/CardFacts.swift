import TrackReview

/// The few numbers under the verdict: what was compared, both sides, and the test of the divergence.
struct CardFacts {
    private let card: Scorecard

    init(_ card: Scorecard) { self.card = card }

    func markup() -> Markup {
        var facts: Markup = .empty
        if let statement = card.divergence {
            facts += fact("In-domain", statement.inDomain, Plural.domains(statement.inDomainCount))
            facts += fact("Out-of-domain", statement.ood, Plural.domains(statement.oodCount))
            facts += fact("Gap", statement.gap, "OOD over in-domain")
            let verdict = statement.p == nil ? "untested" : statement.isDiverged ? "divergence shown" : "divergence not shown"
            facts += "<div><dt>Both at once, <i>p</i></dt><dd>\(NumberText.p(statement.p))<small>\(verdict)</small></dd></div>"
        }
        let columns = card.checkpoints
        if let current = card.current, columns.indices.contains(current) {
            let baseline = columns.first(where: \.isBaseline)
            let against = baseline.map { "against \($0.name)" } ?? "no baseline"
            facts += "<div class=\"names\"><dt>Checkpoint</dt><dd>\(columns[current].name)<small>\(against)</small></dd></div>"
        }
        return facts.isEmpty ? .empty : "<dl class=\"facts\">\(facts)</dl>"
    }

    private func fact(_ title: Markup, _ estimate: Scorecard.Estimate, _ note: String) -> Markup {
        let interval = ChangeText.interval(estimate) ?? "untested"
        return "<div><dt>\(title)</dt><dd>\(ChangeText.of(estimate.theta))<small>\(interval)</small><small>\(note)</small></dd></div>"
    }
}
