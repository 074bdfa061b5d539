import Foundation
import TrackCore

@testable import TrackReview

extension Cards {
    private static let sources = [
        "c4", "mc4-en", "wikitext-103", "penn-treebank", "redpajama", "dolma-v1_5", "m2d2-s2orc", "manosphere",
    ]

    /// As many domains and checkpoints as Paloma has and a long run makes; the numbers follow a fixed pattern.
    static func large(domains: Int = 585, checkpoints count: Int = 20) -> Scorecard {
        let steps = (0..<count).map { Int64($0) * 1000 }
        let rows = (0..<domains).map { index -> Scorecard.DomainRow in
            let wave = sin(Double(index) * 12.9898)
            let theta = index < 120 ? 0.02 + 0.3 * (1 + wave) * exp(-Double(index) / 60) : 0.004 * wave
            let half = 0.004 + 0.003 * (1 + cos(Double(index)))
            let verdict: DomainVerdict = index < 110 ? .regressed : index < 120 ? .improved : index % 9 == 0 ? .undecided : .unchanged
            let sign = verdict == .improved ? -1.0 : 1.0
            let baseline = 12.5 + 30 * abs(sin(Double(index)))
            return Scorecard.DomainRow(
                name: DomainName(
                    "\(sources[index % 8])/subdomain-\(index)"
                )!,
                isInDomain: index % 117 == 116, verdict: verdict, reason: nil, change: estimate(sign * theta, half),
                adjustedP: min(1, 1e-5 * exp(Double(index) / 20)), minimalDetectable: 0.012, unit: .perplexity,
                baselinePerplexity: baseline,
                currentPerplexity: baseline * exp(sign * theta), currentBitsPerByte: 0.83 + 0.1 * wave,
                highPerplexityShare: 0.5 + 0.2 * wave,
                documents: 200 + index, effectiveDocuments: 131.27 + wave, tokens: 98_765,
                previousVerdict: index % 7 == 0 ? .undecided : .unchanged,
                previousChange: estimate(sign * theta / 19, half),
                path: (0..<count).map { baseline * exp(sign * theta * Double($0) / Double(count)) },
                divergenceAdjustedP: index % 117 == 116 ? nil : min(1, 2e-5 * exp(Double(index) / 20)))
        }
        var card = diverged()
        card.lineage = "paloma-sized"
        card.checkpoints = checkpoints(steps)
        card.current = count - 1
        card.domains = rows
        card.paths.inDomain = steps.indices.map { estimate(-0.01 * Double($0), 0.002 * Double($0)) }
        card.paths.ood = steps.indices.map { estimate(0.012 * Double($0), 0.003 * Double($0)) }
        card.provenance = citations(steps)
        return card
    }
}
