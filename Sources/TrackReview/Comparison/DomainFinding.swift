import TrackCore
import TrackStatistics

/// What two runs say about one domain before the family of tests is complete.
struct DomainFinding {
    enum Content {
        /// No evaluation on one side, or none at all.
        case notEvaluated(String)
        case notComparable(String)
        /// One side is not finite: a verdict without a test.
        case notFinite(DomainVerdict, theta: Double?, String)
        /// Of a summary.
        case observed(theta: Double, reason: String?)
        /// Paired, but too little for a test.
        case untestable(theta: Double?, documents: Int, String)
        case tested(PairedRatio)
    }

    let name: DomainName
    let content: Content
}

extension DomainFinding {
    init(_ name: DomainName, _ run: DomainEvidence?, _ reference: DomainEvidence?, by method: ComparisonMethod) {
        self.name = name
        content = Self.content(run, reference, by: method)
    }

    private static func content(_ run: DomainEvidence?, _ reference: DomainEvidence?, by method: ComparisonMethod) -> Content {
        guard let run else { return .notEvaluated("not evaluated") }
        if case .failed(let reason) = run.outcome { return .notEvaluated("failed: \(reason)") }
        guard let reference else { return .notEvaluated("not evaluated on \(method.referenceName)") }
        if case .failed(let reason) = reference.outcome {
            return .notEvaluated("failed on \(method.referenceName): \(reason)")
        }
        switch method.form {
        case .documents(let pairing):
            guard case .measured(let scores, let documents) = run.outcome,
                case .measured(let referenceScores, let referenceDocuments) = reference.outcome
            else { return .notComparable("one side has no documents") }
            let pairs = pairing.pairs(
                (scores, documents), (referenceScores, referenceDocuments))
            return paired(scores, referenceScores, pairs, by: method)
        case .summary(let aggregation):
            return observed(run, reference, aggregation, by: method)
        }
    }

    private static func paired(
        _ scores: DocumentScores, _ reference: DocumentScores, _ pairs: [DocumentPair], by method: ComparisonMethod
    ) -> Content {
        let unpaired = max(
            unpairedShare(of: scores, pairs.lazy.map(\.run)), unpairedShare(of: reference, pairs.lazy.map(\.reference)))
        guard unpaired <= method.rules.maximumUnpairedShare else {
            return .notComparable("\(PercentText.share(unpaired)) of the tokens have no partner on the other side")
        }
        let (infinite, referenceInfinite) = (scores.nll.count { !$0.isFinite }, reference.nll.count { !$0.isFinite })
        switch (infinite > 0, referenceInfinite > 0) {
        case (true, false):
            return .notFinite(.regressed, theta: .infinity, "not finite: \(infinite) of \(scores.count) documents have no finite NLL")
        case (false, true): return .notFinite(.improved, theta: -.infinity, "was not finite on \(method.referenceName)")
        case (true, true): return .notFinite(.undecided, theta: nil, "not finite on either side")
        case (false, false): break
        }
        if method.unit == .bitsPerByte, pairs.contains(where: { scores.bytes[$0.run] != reference.bytes[$0.reference] }) {
            return .notComparable("the tokenizers differ and did not score the same bytes")
        }
        let weights = method.unit == .bitsPerByte ? reference.bytes : reference.tokens
        do throws(Untestable) {
            return .tested(
                try PairedRatio(
                    differences: pairs.map { scores.nll[$0.run] - reference.nll[$0.reference] },
                    weights: pairs.map { Double(weights[$0.reference]) }))
        } catch {
            return .untestable(theta: error.theta, documents: pairs.count, UntestableText.of(error.reason))
        }
    }

    private static func unpairedShare(of scores: DocumentScores, _ paired: some Sequence<Int>) -> Double {
        let total = scores.totalTokens
        let partnered = paired.reduce(Int64(0)) { $0 + scores.tokens[$1] }
        return total > 0 ? Double(total - partnered) / Double(total) : 1
    }

    private static func observed(
        _ run: DomainEvidence, _ reference: DomainEvidence, _ aggregation: Aggregation, by method: ComparisonMethod
    ) -> Content {
        guard let mean = run.meanNLL(aggregation), let referenceMean = reference.meanNLL(aggregation) else {
            return .notComparable("one side scored no token")
        }
        guard mean.isFinite || referenceMean.isFinite else { return .notFinite(.undecided, theta: nil, "not finite on either side") }
        let notFinite = mean.isFinite ? (referenceMean.isFinite ? nil : "was not finite on \(method.referenceName)") : "not finite"
        guard method.unit == .bitsPerByte, !method.isStatedPerByte else { return .observed(theta: mean - referenceMean, reason: notFinite) }
        // A mean per token becomes one per byte only where the mean is over tokens and both counts are known.
        guard aggregation == .tokenWeighted, let own = run.tokensPerByte, let other = reference.tokensPerByte else {
            return .notComparable("the tokenizers differ, and bits per byte need token-weighted means with counts of tokens and bytes")
        }
        return .observed(theta: mean * own - referenceMean * other, reason: notFinite)
    }
}

extension DomainEvidence {
    fileprivate var tokensPerByte: Double? {
        guard let tokens = size.tokens, let bytes = size.bytes, bytes > 0 else { return nil }
        return Double(tokens) / Double(bytes)
    }
}
