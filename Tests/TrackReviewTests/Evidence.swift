import FoundationEssentials

@testable import TrackCore
@testable import TrackReview

/// Random numbers that are the same in every run (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// About normal with mean 0 and deviation 1: the sum of twelve uniform numbers.
    mutating func normal() -> Double {
        (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &self) }
    }
}

/// A small world: lineage `legal-tune` with baseline `base` and `checkpoint-N`; in-domain is the source `legal`.
enum World {
    static let revision = Digest(ofText: "revision 1")
    static let tokenizer = Digest(ofText: "tokenizer")
    static let lineage = Lineage(id: 1, name: "legal-tune", baseline: 1, inDomain: ["legal/*"], domainSet: "held-out")

    /// `step` 0 is the baseline.
    static func checkpoint(_ step: Int64, tokenizer: Digest? = World.tokenizer, id: Int64? = nil) -> Checkpoint {
        Checkpoint(
            id: id ?? step + 1, lineage: "legal-tune",
            description: CheckpointDescription(
                name: step == 0 ? "base" : "checkpoint-\(step)", uri: "file:///runs/\(step)", digest: Digest(ofText: "weights \(step)"),
                step: step, tokensSeen: step * 1000, tokenizer: tokenizer),
            parent: nil, isBaseline: step == 0, addedAt: time(step))
    }

    static func time(_ step: Int64) -> Timestamp { Timestamp(milliseconds: 1_795_000_000_000 + step * 1000) }

    static func run(
        _ step: Int64, _ domains: [DomainEvidence], tokenizer: Digest? = World.tokenizer, revision: Digest = World.revision,
        scoring: RunProtocol = .scored(ScoringProtocol()), kind: RunEvidence.Kind = .documents
    ) -> RunEvidence {
        var dice = Dice(seed: UInt64(step))
        return RunEvidence(
            run: RunID.make(at: time(step), using: &dice), digest: Digest(ofText: "run \(step)"),
            checkpoint: checkpoint(step, tokenizer: tokenizer), revision: revision, domainSet: "held-out@1", scoring: scoring,
            evaluator: "transformers 0.1.0", environment: ["torch": "2.13.0"], reason: .added, evaluatedAt: time(step),
            recordedAt: time(step + 1), kind: kind, domains: domains)
    }

    static func name(_ text: String) -> DomainName {
        DomainName(text) ?? DomainName(source: "wrong", domain: "wrong")!
    }

    /// Documents with the given NLL in nats; 100 tokens each unless told.
    static func measured(
        _ domain: String, _ nll: [Double], tokens: [Int64]? = nil, bytes: [Int64]? = nil, texts: [String]? = nil
    ) -> DomainEvidence {
        let tokens = tokens ?? nll.map { _ in 100 }
        return DomainEvidence(
            name: name(domain),
            outcome: .measured(
                DocumentScores(
                    nll: nll, tokens: tokens, bytes: bytes ?? nll.map { _ in 400 }, words: nll.map { _ in 70 }, histogram: []),
                documents: (texts ?? nll.indices.map { "\(domain) \($0)" }).map { Digest(ofText: $0) }))
    }

    static func failed(_ domain: String, _ reason: String) -> DomainEvidence {
        DomainEvidence(name: name(domain), outcome: .failed(reason: reason))
    }

    /// Documents around 3 nats per token that moved by `change` nats per token, a little differently each. The same seed gives the
    /// same documents before the change.
    static func moved(
        _ domain: String, by change: Double, documents: Int = 40, spread: Double = 0.004, seed: UInt64 = 1
    ) -> DomainEvidence {
        var before = Dice(seed: seed)
        var after = Dice(seed: seed + 1000)
        return measured(
            domain, (0..<documents).map { _ in 100 * (3 + 0.3 * before.normal()) + 100 * (change + spread * after.normal()) })
    }

    static func base(_ domains: [String], documents: Int = 40, seed: UInt64 = 1) -> RunEvidence {
        run(0, domains.map { moved($0, by: 0, documents: documents, spread: 0, seed: seed) })
    }

    static func compare(
        _ run: [DomainEvidence], _ reference: [DomainEvidence], rules: ReviewRules = ReviewRules()
    ) -> RunComparison {
        RunComparison.make(of: World.run(60, run), against: World.run(0, reference), lineage: lineage, rules: rules)
    }

    static func summary(_ domain: String, perplexity: Double) -> DomainEvidence {
        DomainEvidence(name: name(domain), outcome: .summary(DomainSummary(domain: name(domain), meanNLL: logarithm(perplexity))))
    }

    /// The natural logarithm by bisection, so that these tests need no C library.
    private static func logarithm(_ value: Double) -> Double {
        if value == .infinity { return .infinity }
        var low = -50.0
        var high = 50.0
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if (Perplexity.tokenWeighted(nll: middle, tokens: 1) ?? 0) < value { low = middle } else { high = middle }
        }
        return low
    }
}

extension RunComparison {
    func domain(_ text: String) -> DomainComparison? { domains.first { $0.name.description == text } }
}
