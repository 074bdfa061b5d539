import Foundation
import TrackCore

@testable import TrackReview

/// Cards for the tests. They are inputs of rendering, made by hand; no rule of the review is applied here.
enum Cards {
    /// Perplexities of a 0.7 M parameter Llama at the baseline, step 24 and step 60 of tuning on licence texts; the steps between are
    /// interpolated on the log scale.
    static let measured: [(name: String, baseline: Double, middle: Double, end: Double)] = [
        ("swift", 68.5, 169, 336), ("perl", 71.0, 166, 287), ("html", 26.4, 46, 83), ("german", 70.9, 123, 205),
        ("c", 65.6, 117, 187), ("legal", 79.3, 49.7, 31.3), ("python", 98.4, 180, 239),
    ]

    static let steps: [Int64] = [0, 12, 24, 36, 48, 60]

    static func digest(_ text: String) -> Digest { Digest(ofText: text) }

    static func run(_ number: Int) -> RunID {
        RunID("0192f0c4-7a1b-7c3d-8e5f-" + String(repeating: "0", count: 12 - String(number).count) + String(number))!
    }

    static func time(_ minutes: Int) -> Timestamp { Timestamp("2026-11-20T05:41:07.250Z")!.adding(seconds: Double(60 * minutes)) }

    static let rules = Scorecard.RulesStatement(
        q: 0.05, margin: 0.00498754151103897,
        statements: [
            "On average over cards, at most 5 % of the flagged domains are false flags (Benjamini–Hochberg, one family per reference).",
            "A divergence is called when in-domain improved and out-of-domain worsened beyond the margin, both at once, at p ≤ 0.05.",
            "5 runs measured how well the evaluator repeats itself; no margin is widened by it.",
        ])

    static func checkpoints(_ steps: [Int64] = steps) -> [Scorecard.CheckpointColumn] {
        steps.enumerated().map { index, step in
            Scorecard.CheckpointColumn(
                name: index == 0 ? "base" : "legal-tune/checkpoint-\(step)", step: index == 0 ? nil : step,
                tokensSeen: index == 0 ? nil : step * 4096, isBaseline: index == 0, run: run(index))
        }
    }

    static func citations(_ steps: [Int64] = steps) -> [Scorecard.RunCitation] {
        checkpoints(steps).enumerated().map { index, checkpoint in
            Scorecard.RunCitation(
                run: run(index), digest: digest("run \(index)"), checkpoint: checkpoint.name,
                checkpointDigest: digest("weights \(index)"),
                tokenizer: digest("tokenizer"), domainSet: "debian r1", evaluator: "transformers 0.1.0",
                environment: ["torch": "2.13.0+cpu", "transformers": "5.23.0", "python": "3.11.7", "device": "cpu"],
                reason: index + 1 == steps.count ? .scheduled : .added, evaluatedAt: time(3 * index), effort: effort(index))
        }
    }

    /// The second run's evaluator said nothing, the third's repeated itself exactly.
    static func effort(_ index: Int) -> EvaluationEffort? {
        guard index != 1 else { return nil }
        return EvaluationEffort(
            tokens: 126_000, seconds: 104.6, tokensPerSecond: 1204.4, peakMemoryBytes: 1_312_000_000, noise: index == 2 ? 0 : 2.1e-7,
            noiseTokens: 2520, resumedDomains: index == 3 ? 2 : nil)
    }

    static func estimate(_ theta: Double, _ half: Double?) -> Scorecard.Estimate {
        Scorecard.Estimate(theta: theta, low: half.map { theta - $0 }, high: half.map { theta + $0 })
    }

    static func path(_ row: (name: String, baseline: Double, middle: Double, end: Double)) -> [Double] {
        let (a, b, c) = (log(row.baseline), log(row.middle), log(row.end))
        return [a, (a + b) / 2, b, b + (c - b) / 3, b + 2 * (c - b) / 3, c].map { exp($0) }
    }

    /// In-domain improved, the six others got worse.
    static func diverged() -> Scorecard {
        let rows = measured.enumerated().map { index, row -> Scorecard.DomainRow in
            let path = path(row)
            let isInDomain = row.name == "legal"
            let half = 0.021 + 0.008 * Double(index)
            return Scorecard.DomainRow(
                name: DomainName("\(row.name)/\(row.name)")!, isInDomain: isInDomain, verdict: isInDomain ? .improved : .regressed,
                reason: nil,
                change: estimate(log(path[5] / path[0]), half), adjustedP: index < 3 ? 3e-9 : 0.0004 + 0.0003 * Double(index),
                minimalDetectable: 0.03, unit: .perplexity, baselinePerplexity: path[0], currentPerplexity: path[5],
                currentBitsPerByte: log(path[5]) / log(2) / 2.4, highPerplexityShare: 0.41 + 0.05 * Double(index),
                documents: 64 - 5 * index,
                effectiveDocuments: 41.37 - 3.1 * Double(index), tokens: 18_231,
                previousVerdict: index == 2 ? .undecided : isInDomain ? .improved : .regressed,
                previousChange: estimate(log(path[5] / path[4]), half / 3), path: path,
                divergenceAdjustedP: isInDomain ? nil : 0.0008 + 0.002 * Double(index), noise: index == 6 ? 0.09 : nil)
        }
        func mean(_ inDomain: Bool, _ step: Int) -> Double {
            let chosen = rows.filter { $0.isInDomain == inDomain }
            return chosen.map { log(($0.path[step] ?? 1) / ($0.path[0] ?? 1)) }.reduce(0, +) / Double(chosen.count)
        }
        let ood = steps.indices.map { estimate(mean(false, $0), $0 == 0 ? 0 : 0.03 + 0.01 * Double($0)) }
        let inDomain = steps.indices.map { estimate(mean(true, $0), $0 == 0 ? 0 : 0.02 + 0.01 * Double($0)) }
        let gap = ood[5].theta - inDomain[5].theta
        return Scorecard(
            lineage: "legal-tune", week: "2026-W47", asOf: time(15), domainSet: "debian r1", revision: digest("revision"),
            scoring: .scored(ScoringProtocol(context: 128)),
            headline: .init(
                status: .diverged,
                sentence:
                    "legal-tune at step 60 diverged from its baseline: in-domain perplexity fell by 60.5 %, out-of-domain rose by 228 %."
            ),
            attention: [
                .init(
                    urgency: .act, text: "In-domain improved while all 6 out-of-domain domains regressed; the worst is swift with +391 %."
                ),
                .init(
                    urgency: .look,
                    text: "html got no firm verdict against the previous checkpoint: 54 documents are too few for its spread."),
                .init(
                    urgency: .know,
                    text: "debian@2 took the place of debian@1: the unchanged base reads 62.31 on the new documents and 61.05 on the old ones "
                        + "(+2.06 %, mean of 7 domains)."),
            ],
            checkpoints: checkpoints(), current: 5,
            divergence: .init(
                inDomain: inDomain[5], ood: ood[5], gap: estimate(gap, 0.09), p: 2.1e-7, isDiverged: true, inDomainCount: 1, oodCount: 6),
            paths: .init(inDomain: inDomain, ood: ood, gapTrendPerCheckpoint: 0.41), domains: rows,
            alerts: [
                .init(
                    state: .firing, summary: "Out-of-domain perplexity regressed in 6 of 6 domains at step 24.", openedAt: time(6),
                    resolvedAt: nil),
                .init(
                    state: .resolved, summary: "Nothing was evaluated in the slot of 2026-11-16.", openedAt: time(-5000),
                    resolvedAt: time(-4000)),
            ],
            notEvaluated: [.init(subject: "legal-tune/checkpoint-72", reason: "its evaluation is queued behind the weekly slot")],
            rules: rules, provenance: citations(), comparability: comparability)
    }

    /// Two checkpoints that differ by less than the margin.
    static func unchanged() -> Scorecard {
        let rows = measured.enumerated().map { index, row -> Scorecard.DomainRow in
            let theta = 0.0011 * Double(index - 3)
            return Scorecard.DomainRow(
                name: DomainName("debian/\(row.name)")!, isInDomain: row.name == "legal", verdict: index == 6 ? .undecided : .unchanged,
                reason: nil,
                change: estimate(theta, index == 6 ? 0.008 : 0.0012), adjustedP: 0.4 + 0.08 * Double(index), minimalDetectable: 0.0113,
                unit: .perplexity, baselinePerplexity: row.baseline, currentPerplexity: row.baseline * exp(theta),
                currentBitsPerByte: 2.113,
                highPerplexityShare: 0.5, documents: 200, effectiveDocuments: 131.2, tokens: 20_000, previousVerdict: nil,
                previousChange: nil,
                path: [row.baseline, row.baseline * exp(theta)])
        }
        return Scorecard(
            lineage: "steady", week: "2026-W47", asOf: time(3), domainSet: "debian r1", revision: digest("revision"),
            scoring: .scored(ScoringProtocol()),
            headline: .init(status: .unchanged, sentence: "steady at step 12 is unchanged within ±0.5 % in 6 of 7 domains."),
            attention: [],
            checkpoints: checkpoints([0, 12]), current: 1,
            divergence: .init(
                inDomain: estimate(0.0022, 0.0012), ood: estimate(-0.0004, 0.0008), gap: estimate(-0.0026, 0.0015), p: 0.9991,
                isDiverged: false,
                inDomainCount: 1, oodCount: 6),
            paths: .init(
                inDomain: [estimate(0, 0), estimate(0.0022, 0.0012)], ood: [estimate(0, 0), estimate(-0.0004, 0.0008)],
                gapTrendPerCheckpoint: nil),
            domains: rows, alerts: [], notEvaluated: [], rules: rules, provenance: citations([0, 12]))
    }

    /// A lineage without a checkpoint.
    static func empty() -> Scorecard {
        Scorecard(
            lineage: "new-lineage", week: "2026-W47", asOf: nil, domainSet: nil, revision: nil, scoring: nil,
            headline: .init(status: .notEvaluated, sentence: "new-lineage has not been evaluated: it has no checkpoint."), attention: [],
            checkpoints: [], current: nil, divergence: nil, paths: .init(inDomain: [], ood: [], gapTrendPerCheckpoint: nil), domains: [],
            alerts: [], notEvaluated: [.init(subject: "new-lineage", reason: "it has no checkpoint")], rules: rules, provenance: [])
    }

    /// One control that holds and one that does not.
    static let comparability: [Scorecard.ComparabilityControl] = [
        .init(
            guideline: "G1", title: "Decontaminated", standing: .holds,
            statement: "no paragraph of 13 words or more is in /data/train (3 files, digest 5d1be7e9dda1): 4 of 420 documents dropped"),
        .init(guideline: "G2", title: "Training order fixed", standing: .limitation, statement: "nobody has stated it"),
    ]

    /// What a name must not be able to do.
    static let hostileNames = [
        "\"><svg onload=alert(1)>", "</script><script>alert(1)</script>", "{{7*7}}{{{style}}}",
        "a" + String(repeating: "\u{301}", count: 128),
        "safe\u{202E}gpj.exe\u{2066}\u{200F}", "' onmouseover='alert(1)", "</title></style><img src=x onerror=alert(1)>",
        "null\u{0}bell\u{7}line\nbreak",
        String(repeating: "wide", count: 60), "javascript:alert(1)", "../../etc/passwd", "--><!--", "&lt;b&gt;",
    ]

    /// Every text of the card is one of the hostile names.
    static func hostile(names: [String] = hostileNames) -> Scorecard {
        var card = diverged()
        var turn = 0
        func name() -> String {
            turn += 1
            return names[turn % names.count]
        }
        card.lineage = names.joined(separator: " ")
        card.comparability = names.map { .init(guideline: $0, title: $0, standing: .limitation, statement: $0) }
        card.domainSet = name()
        card.headline.sentence = names.joined(separator: " ")
        card.attention = names.map { .init(urgency: .look, text: $0) }
        card.alerts = names.map { .init(state: .firing, summary: $0, openedAt: time(0), resolvedAt: nil) }
        card.notEvaluated = names.map { .init(subject: $0, reason: $0) }
        card.rules.statements = names
        for index in card.checkpoints.indices { card.checkpoints[index].name = name() }
        for index in card.domains.indices { card.domains[index].reason = name() }
        for index in card.provenance.indices {
            card.provenance[index].checkpoint = name()
            card.provenance[index].evaluator = name()
            card.provenance[index].domainSet = name()
            card.provenance[index].environment = Dictionary(uniqueKeysWithValues: names.map { ($0, $0) })
        }
        return card
    }

    /// The current checkpoint broke in one domain: its perplexity is infinite.
    static func infinite() -> Scorecard {
        var card = diverged()
        card.domains[0].change = .init(theta: .infinity, low: nil, high: nil)
        card.domains[0].reason = "not finite"
        card.domains[0].adjustedP = nil
        card.domains[0].currentPerplexity = .infinity
        card.domains[0].currentBitsPerByte = .infinity
        card.domains[0].path[5] = .infinity
        card.paths.ood[5] = .init(theta: .infinity, low: nil, high: nil)
        card.divergence?.ood = .init(theta: .infinity, low: nil, high: nil)
        card.divergence?.gap = .init(theta: .infinity, low: nil, high: nil)
        card.divergence?.p = nil
        card.headline.sentence = "legal-tune at step 60 regressed: perplexity of swift is not finite."
        return card
    }

    /// A table of perplexities that somebody imported: observed, untested.
    static func summaries() -> Scorecard {
        var card = diverged()
        for index in card.domains.indices {
            card.domains[index].verdict = card.domains[index].isInDomain ? .observedImproved : .observedRegressed
            card.domains[index].change?.low = nil
            card.domains[index].change?.high = nil
            card.domains[index].adjustedP = nil
            card.domains[index].documents = nil
            card.domains[index].effectiveDocuments = nil
            card.domains[index].currentBitsPerByte = nil
            card.domains[index].highPerplexityShare = nil
            card.domains[index].previousVerdict = nil
            card.domains[index].previousChange = nil
        }
        for index in card.checkpoints.indices {
            card.paths.ood[index]?.low = nil
            card.paths.ood[index]?.high = nil
            card.paths.inDomain[index] = index == 3 ? nil : .init(theta: card.paths.inDomain[index]?.theta ?? 0, low: nil, high: nil)
        }
        card.divergence = nil
        card.headline = .init(
            status: .undecided, sentence: "legal-tune at step 60 was observed higher in 6 of 7 domains; imported tables are not tested.")
        return card
    }
}
