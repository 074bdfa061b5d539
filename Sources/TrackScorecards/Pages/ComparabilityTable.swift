import TrackReview

/// Which of Paloma's guidelines the card's numbers keep; the others are its limitations.
struct ComparabilityTable {
    let controls: [Scorecard.ComparabilityControl]

    func markup() -> Markup {
        guard !controls.isEmpty else { return .empty }
        let rows = controls.map { control -> Markup in
            let standing: Markup = control.standing == .holds
                ? "<b aria-hidden=\"true\">✓</b> holds" : "<b aria-hidden=\"true\">△</b> limitation"
            return """
                <tr><th scope="row">\(control.title)<small>\(control.guideline)</small></th><td>\(standing)</td>\
                <td>\(control.statement)</td></tr>

                """
        }
        return """
            <div class="scroll" role="region" aria-label="Comparability" tabindex="0"><table class="plain controls">\
            <caption>Comparability: the guidelines of Paloma; what does not hold limits what these numbers say</caption>
            <thead><tr><th scope="col">Control</th><th scope="col">Standing</th><th scope="col">What is known</th></tr></thead>
            <tbody>\(rows.joined())</tbody></table></div>

            """
    }
}
