import TrackCore

/// How two runs are compared, decided once for all their domains.
struct ComparisonMethod {
    enum Form {
        case documents(DocumentPairing)
        /// At least one side is a table: means are compared, observed and untested.
        case summary(Aggregation)
    }

    let form: Form
    let unit: ComparisonUnit
    /// Whether the tables' own means are per byte, so that nothing is to be converted.
    let isStatedPerByte: Bool
    let rules: ReviewRules
    let referenceName: String

    /// Either a method or the reason why nothing of the two runs compares.
    static func choose(_ run: RunEvidence, _ reference: RunEvidence, rules: ReviewRules) -> Result<ComparisonMethod, Refusal> {
        guard run.scoring.digest == reference.scoring.digest else {
            return .failure(
                Refusal(reason: "the protocols differ: \(run.scoring.summary); \(reference.scoring.summary)"))
        }
        let form: Form
        switch (run.kind, reference.kind) {
        case (.documents, .documents): form = .documents(run.revision == reference.revision ? .byPosition : .byDigest)
        case (.summary(let aggregation), .documents), (.documents, .summary(let aggregation)): form = .summary(aggregation)
        case (.summary(let own), .summary(let other)):
            guard own == other else {
                return .failure(
                    Refusal(reason: "one table's means are \(own.rawValue), the other's are \(other.rawValue)"))
            }
            form = .summary(own)
        }
        return .success(
            ComparisonMethod(
                form: form, unit: unit(run, reference, form), isStatedPerByte: run.scoring.unit == .byte, rules: rules,
                referenceName: reference.checkpoint.description.name))
    }

    struct Refusal: Error {
        let reason: String
    }

    /// Per byte when the tokenizers are known to differ, or when one text was cut into different numbers of tokens, which says so too.
    private static func unit(_ run: RunEvidence, _ reference: RunEvidence, _ form: Form) -> ComparisonUnit {
        switch run.scoring.unit {
        case .byte: return .bitsPerByte
        case .word: return .perplexity
        case .token: break
        }
        if let own = run.tokenizer, let other = reference.tokenizer, own != other { return .bitsPerByte }
        guard case .documents(let pairing) = form else { return .perplexity }
        let others = reference.byName
        for domain in run.domains {
            guard case .measured(let scores, let documents) = domain.outcome,
                case .measured(let otherScores, let otherDocuments)? = others[domain.name]?.outcome
            else { continue }
            let pairs = pairing.pairs((scores, documents), (otherScores, otherDocuments))
            if pairs.contains(where: { scores.tokens[$0.run] != otherScores.tokens[$0.reference] }) { return .bitsPerByte }
        }
        return .perplexity
    }
}
