import TrackCore
import TrackReview

/// The runs that the card was computed from, and what they were made with.
struct ProvenanceTable {
    let citations: [Scorecard.RunCitation]

    func markup() -> Markup {
        guard !citations.isEmpty else { return "<p>No run stands behind this card.</p>" }
        let environments = distinctEnvironments
        let rows = citations.map { run -> Markup in
            let environment = (environments.firstIndex(of: run.environment) ?? 0) + 1
            let tokenizer: Markup = run.tokenizer.map { "<small>tokenizer \(short($0))</small>" } ?? .empty
            return """
                <tr><th scope="row">\(run.checkpoint)<small>\(weights(of: run))</small>\(tokenizer)</th>\
                <td><code>\(run.run.description)</code><small>record \(short(run.digest))</small></td><td>\(run.domainSet)</td>\
                <td>\(run.evaluator)<small>environment&nbsp;\(environment)</small></td><td>\(effort(run.effort))</td>\
                <td>\(TimeText.minute(run.evaluatedAt))<small>\(run.reason.rawValue)</small></td></tr>

                """
        }
        return """
            <div class="scroll" role="region" aria-label="Runs behind this card" tabindex="0"><table class="plain">\
            <caption>Runs behind this card; digests are SHA-256, shortened</caption>
            <thead><tr><th scope="col">Checkpoint</th><th scope="col">Run</th><th scope="col">Domain set</th>\
            <th scope="col">Evaluator</th><th scope="col">Effort and noise</th><th scope="col">Evaluated (UTC)</th></tr></thead>
            <tbody>\(rows.joined())</tbody></table></div>
            \(environments.enumerated().map { self.environment($0.element, number: $0.offset + 1) }.joined())
            """
    }

    /// In the order of their first run.
    private var distinctEnvironments: [[String: String]] {
        var found: [[String: String]] = []
        for citation in citations where !found.contains(citation.environment) { found.append(citation.environment) }
        return found
    }

    private func weights(of run: Scorecard.RunCitation) -> Markup {
        run.isReported == true ? "weights unknown: reported numbers" : "weights \(short(run.checkpointDigest))"
    }

    private func effort(_ effort: EvaluationEffort?) -> Markup {
        let parts = effort.map { EffortText.parts($0) } ?? []
        guard let first = parts.first else { return "\(NumberText.absent)" }
        return "\(first)" + parts.dropFirst().map { part -> Markup in "<small>\(part)</small>" }.joined()
    }

    private func short(_ digest: Digest) -> Markup { "<abbr title=\"\(digest.description)\">\(digest.short)</abbr>" }

    private func environment(_ environment: [String: String], number: Int) -> Markup {
        let runs = Plural.of(citations.count { $0.environment == environment }, "run")
        let entries = environment.sorted { $0.key < $1.key }.map { entry -> Markup in "<dt>\(entry.key)</dt><dd>\(entry.value)</dd>" }
        let list: Markup = entries.isEmpty ? "<p>Nothing was recorded.</p>" : "<dl class=\"pairs\">\(entries.joined())</dl>"
        return "<details><summary>Environment \(number): what \(runs) were made with</summary>\(list)</details>\n"
    }
}
