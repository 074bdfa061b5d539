import TrackReview

/// The table twin of the scissors: every value of the figure.
struct CheckpointTable {
    let card: Scorecard

    func markup() -> Markup {
        let rows = card.checkpoints.indices.map { index -> Markup in
            let checkpoint = card.checkpoints[index]
            let role: Markup = checkpoint.isBaseline ? "<small>baseline</small>" : index == card.current ? "<small>current</small>" : .empty
            return """
                <tr><th scope="row">\(checkpoint.name)\(role)</th><td>\(NumberText.count(checkpoint.step))</td>\
                <td>\(NumberText.count(checkpoint.tokensSeen))</td>\(cell(card.paths.inDomain, index))\(cell(card.paths.ood, index))</tr>

                """
        }
        return """
            <div class="scroll" role="region" aria-label="Values of the figure" tabindex="0"><table class="plain">\
            <caption>Change of perplexity against the baseline by checkpoint, with 95\(NumberText.thin)% intervals</caption>
            <thead><tr><th scope="col">Checkpoint</th><th scope="col">Step</th><th scope="col">Tokens seen</th>\
            <th scope="col">In-domain</th><th scope="col">Out-of-domain</th></tr></thead>
            <tbody>\(rows.joined())</tbody></table></div>
            """
    }

    private func cell(_ path: [Scorecard.Estimate?], _ index: Int) -> Markup {
        guard index < path.count, let estimate = path[index] else { return "<td>\(NumberText.absent)</td>" }
        let interval: Markup = ChangeText.interval(estimate).map { "<small>\($0)</small>" } ?? .empty
        return "<td>\(ChangeText.of(estimate.theta))\(interval)</td>"
    }
}
