package import TrackCore
package import TrackEvaluators

/// Masks for people.
package enum MaskText {
    package static func progress(_ summary: MaskSummary) -> String {
        "\(NumberText.grouped(Int64(summary.examples))) examples, \(NumberText.grouped(summary.tokens)) tokens, "
            + "\(percent(summary.share)) masked"
    }

    package static func summary(_ summary: MaskSummary, tau: Double, checkpoint: String, out: String) -> String {
        var lines = [
            "\(out): \(NumberText.counted(summary.examples, "example")) with \(NumberText.counted(Int(summary.tokens), "token")), "
                + "of which \(NumberText.grouped(summary.masked)) (\(percent(summary.share))) are masked: "
                + "perplexity \(threshold(tau)) or more under \(checkpoint)."
        ]
        if summary.assistantTokens != summary.tokens, summary.assistantTokens > 0 {
            lines.append(
                "Of the \(NumberText.grouped(summary.assistantTokens)) tokens that assistants wrote, "
                    + "\(percent(Double(summary.assistantMasked) / Double(summary.assistantTokens))) are masked.")
        }
        if summary.skipped > 0 {
            lines.append("Lines that are no example, and were skipped: \(NumberText.grouped(Int64(summary.skipped))).")
        }
        lines.append(densities(TokenHistogram.densities(summary.histogram)))
        return lines.joined(separator: "\n")
    }

    /// `Tokens at or above perplexity 1.5: 41.0 %, 2.5: 30.2 %, …`
    package static func densities(_ densities: [TokenDensity]) -> String {
        "Tokens at or above perplexity " + densities.map { "\(threshold($0.tau)): \(percent($0.share))" }.joined(separator: ", ") + "."
    }

    package static func percent(_ share: Double) -> String { NumberText.fixed(share * 100, 1) + " %" }

    package static func threshold(_ tau: Double) -> String { tau == tau.rounded() ? NumberText.fixed(tau, 0) : "\(tau)" }
}
