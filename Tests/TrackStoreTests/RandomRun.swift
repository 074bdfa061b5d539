import Testing
import TrackCore

/// Runs with everything that a run may hold, sound against their revision.
enum RandomRun {
    static let domains = ["code/python", "legal/contracts", "legal/licences", "news/agency", "web/pages"].compactMap { DomainName($0) }

    static func revision(_ digest: Digest = Digest(ofText: "revision"), documents: Int = 6) -> DomainSetRevision {
        DomainSetRevision(
            set: "held-out", number: 1, digest: digest, kind: .documents, split: "test", createdAt: Timestamp(milliseconds: 0),
            // The frozen order is not that of the names.
            domains: domains.reversed().map { DomainOfRevision(name: $0, documents: documents, bytes: 100, words: 10) })
    }

    static func make(
        checkpoint: CheckpointKey, revision: DomainSetRevision, using random: inout SeededRandom
    ) -> EvaluationRun {
        let time = Timestamp(milliseconds: .random(in: 1_700_000_000_000...1_800_000_000_000, using: &random))
        return EvaluationRun(
            id: RunID.make(at: time, using: &random), checkpoint: checkpoint, revision: revision.digest,
            scoring: scoring(using: &random),
            evaluator: "test \(Int.random(in: 0...9, using: &random))",
            environment: ["a_b": "\"ü\n", "aB": "\\", "_x": "", "é": "😀"].filter { _ in Bool.random(using: &random) },
            effort: Bool.random(using: &random) ? effort(using: &random) : nil,
            reason: RunReason.allCases.randomElement(using: &random)!, evaluatedAt: time, content: content(revision, using: &random))
    }

    private static func effort(using random: inout SeededRandom) -> EvaluationEffort {
        EvaluationEffort(
            tokens: Bool.random(using: &random) ? .random(in: 0...1 << 50, using: &random) : nil,
            seconds: .random(in: 0...1e6, using: &random), tokensPerSecond: Bool.random(using: &random) ? 0 : 1e-300,
            peakMemoryBytes: Bool.random(using: &random) ? .max : nil, noise: Bool.random(using: &random) ? .infinity : 3.1e-9,
            noiseTokens: Bool.random(using: &random) ? 2048 : nil, resumedDomains: Bool.random(using: &random) ? 7 : nil)
    }

    private static func scoring(using random: inout SeededRandom) -> ScoringProtocol {
        let windows = ScoringProtocol.Windows.allCases.randomElement(using: &random)!
        return ScoringProtocol(
            scoring: ScoringProtocol.Scoring.allCases.randomElement(using: &random)!, windows: windows,
            stride: windows == .strided ? .random(in: 1...64, using: &random) : nil, context: .random(in: 64...4096, using: &random),
            prefix: ScoringProtocol.Prefix.allCases.randomElement(using: &random)!,
            dtype: ScoringProtocol.DType.allCases.randomElement(using: &random)!)
    }

    private static func content(_ revision: DomainSetRevision, using random: inout SeededRandom) -> EvaluationRun.Content {
        let chosen = revision.domains.shuffled(using: &random).prefix(.random(in: 1...revision.domains.count, using: &random))
        if Int.random(in: 0..<4, using: &random) == 0 {
            return .summary(
                Bool.random(using: &random) ? .tokenWeighted : .documentWeighted,
                chosen.map { domain in
                    DomainSummary(
                        domain: domain.name, meanNLL: number(using: &random), tokens: Bool.random(using: &random) ? 17 : nil,
                        bytes: Bool.random(using: &random) ? 23 : nil)
                })
        }
        return .documents(
            chosen.map { domain in
                if Int.random(in: 0..<4, using: &random) == 0 {
                    return DomainMeasurement(domain: domain.name, outcome: .failed(reason: "not finite: 'NaN' \"\\ \n ü"))
                }
                return DomainMeasurement(domain: domain.name, outcome: .measured(scores(domain.documents, using: &random)))
            })
    }

    private static func scores(_ documents: Int, using random: inout SeededRandom) -> DocumentScores {
        let count = Int.random(in: 1...documents, using: &random)
        func counts(from least: Int64) -> [Int64] {
            (0..<count).map { _ in Bool.random(using: &random) ? least : .random(in: least...Int64(Int32.max), using: &random) }
        }
        let tokens = counts(from: 1)
        var histogram: [Int64] = []
        if Bool.random(using: &random) {
            histogram = [Int64](repeating: 0, count: TokenHistogram.binCount)
            for token in tokens { histogram[Int.random(in: 0..<TokenHistogram.binCount, using: &random)] += token }
        }
        let nll = (0..<count).map { _ in number(using: &random) }
        return DocumentScores(
            nll: nll, tokens: tokens, bytes: counts(from: 1), words: counts(from: 0), histogram: histogram,
            types: Int.random(in: 0..<3, using: &random) == 0
                ? types(tokens: tokens.reduce(0, +), nll: CompensatedTotal.of(nll), using: &random) : nil)
    }

    /// Up to four types and the rest, by halves: they add up whatever the numbers are.
    private static func types(tokens: Int64, nll total: Double, using random: inout SeededRandom) -> TypeLosses {
        var losses = TypeLosses(id: [], text: [], count: [], nll: [], rest: .init(count: tokens, nll: total))
        let texts = ["", " the", "\n\t\"\\", "<0xE2>", "漢字", "\u{202e}a", String(repeating: "x", count: 256)]
        for id in (0..<Int64(4)).shuffled(using: &random).prefix(Int(min(.random(in: 1...4, using: &random), tokens))) {
            let (count, nll) = (max(1, losses.rest.count / 2), total.isFinite ? losses.rest.nll / 2 : total)
            losses.id.append(id * 100_000)
            losses.text.append(texts.randomElement(using: &random)!)
            losses.count.append(count)
            losses.nll.append(nll)
            losses.rest.count -= count
            losses.rest.nll -= total.isFinite ? nll : 0
            if losses.rest.count == 0 { break }
        }
        if losses.rest.count == 0 {
            losses.nll[losses.nll.count - 1] += losses.rest.nll
            losses.rest.nll = 0
        }
        return losses
    }

    /// Nats: often one of the values that break a careless encoding.
    private static func number(using random: inout SeededRandom) -> Double {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: .infinity
        case 1: [0, -0.0, .leastNonzeroMagnitude, 0.1 + 0.2, 1e308, 512.25].randomElement(using: &random)!
        default: .random(in: 0...10_000, using: &random)
        }
    }
}
