package import TrackCore

/// Recorded runs for people.
package enum RunText {
    package static func heading(_ run: RunView) -> String {
        "Run \(run.id) on \(run.domainSet), \(NumberText.time(run.evaluatedAt)) (\(run.reason.rawValue)), \(run.evaluator)"
    }

    package static func full(_ run: RunView, lineage: Lineage, _ look: Look) -> String {
        var table = TextTable(
            ("domain", .left), ("", .left), ("perplexity", .right), ("bits/byte", .right), ("documents", .right), ("tokens", .right),
            ("≥ 1.5", .right), ("≥ 2.5", .right), ("≥ 10", .right), ("≥ 25", .right), ("≥ 1000", .right), ("", .left))
        for domain in run.domains {
            var cells: [TextTable.Cell] = [
                .init(domain.name.description), .init(lineage.isInDomain(domain.name) ? "in-domain" : "OOD"),
                .init(NumberText.perplexity(domain.perplexity)), .init(NumberText.bits(domain.bitsPerByte)),
                .init(domain.documents.map { NumberText.grouped(Int64($0)) } ?? NumberText.none),
                .init(domain.tokens.map(NumberText.grouped) ?? NumberText.none),
            ]
            cells += densities(domain)
            cells.append(.init(domain.failure.map { "✕ failed: " + $0 } ?? "", .red))
            table.add(cells)
        }
        let weighting = run.aggregation == .documentWeighted ? "document-weighted" : "token-weighted"
        let note = "The last columns: the share of tokens whose perplexity is at least so much."
        return heading(run) + "\n  " + run.scoring.summary + "; perplexities are \(weighting)\n" + effort(run.effort) + table.text(look)
            + "\n" + note
    }

    /// A line with what is known of the cost; nothing when that is nothing.
    package static func effort(_ effort: EvaluationEffort?) -> String {
        guard let effort else { return "" }
        var parts: [String] = []
        if let speed = effort.tokensPerSecond { parts.append("\(NumberText.fixed(speed, 0)) tokens/s") }
        if let memory = effort.peakMemoryBytes { parts.append("\(NumberText.bytes(memory)) at most") }
        if let noise = effort.noise { parts.append("a document's NLL repeats to \(Float(noise))") }
        if let resumed = effort.resumedDomains { parts.append("\(resumed) domains from an attempt before") }
        return parts.isEmpty ? "" : "  " + parts.joined(separator: "; ") + "\n"
    }

    private static func densities(_ domain: DomainResult) -> [TextTable.Cell] {
        let known = domain.densities ?? []
        return TokenHistogram.thresholds.map { tau, _ in
            .init(known.first { $0.tau == tau }.map { MaskText.percent($0.share) } ?? NumberText.none)
        }
    }
}
