import TrackCore

extension Scorecard {
    /// One of Paloma's guidelines for comparable perplexities, and whether this card's numbers keep it.
    package struct ComparabilityControl: Hashable, Sendable, Codable {
        package enum Standing: String, Sendable, Codable {
            case holds
            /// It is not kept, or nobody has said that it is: a limitation of the card's numbers.
            case limitation
        }

        /// `G1` to `G5`.
        package var guideline: String
        package var title: String
        package var standing: Standing
        package var statement: String

        package init(guideline: String, title: String, standing: Standing, statement: String) {
            self.guideline = guideline
            self.title = title
            self.standing = standing
            self.statement = statement
        }
    }
}

extension LineageJudgement {
    /// All five, in their order; what nobody controlled is named as a limitation. Empty without evidence.
    var comparability: [Scorecard.ComparabilityControl] {
        guard runs.contains(where: { $0 != nil }) else { return [] }
        return [decontamination, trainingOrder, subsampling, vocabulary, format]
    }

    private typealias Control = Scorecard.ComparabilityControl

    /// The newest look counts; an older one, at other training text, says nothing about this training.
    private var decontamination: Control {
        func control(_ holds: Bool, _ statement: String) -> Control {
            Control(guideline: "G1", title: "Decontaminated", standing: holds ? .holds : .limitation, statement: statement)
        }
        guard let check = evidence.revision?.decontaminations?.last else {
            return control(false, "nobody has looked for the held-out documents in the training text")
        }
        let against = "\(ListText.few(check.against)) (\(ListText.count(check.files, "file")), digest \(check.digest.short))"
        let unchecked = check.documentsUnchecked == 0
            ? ""
            : "; \(ListText.count(check.documentsUnchecked, "document")) without a paragraph of \(check.minimumWords) words could not be "
                + "looked for"
        guard check.isClean else {
            return control(
                false,
                "\(check.documentsFound) of \(ListText.count(check.documents, "document")) have a paragraph of \(against), and were kept"
                    + unchecked)
        }
        let dropped = check.documentsFound == 0
            ? "none had to be dropped" : "\(check.documentsFound) of \(check.documents) documents dropped"
        return control(true, "no paragraph of \(check.minimumWords) words or more is in \(against): \(dropped)" + unchecked)
    }

    private var trainingOrder: Control {
        switch evidence.lineage.trainingOrder {
        case .fixed:
            Control(
                guideline: "G2", title: "Training order fixed", standing: .holds,
                statement: "stated by a person for the lineage \(evidence.lineage.name)")
        case .unknown, nil:
            Control(
                guideline: "G2", title: "Training order fixed", standing: .limitation,
                statement: "nobody has stated it; differences between lineages may come from the order of their data")
        }
    }

    private var subsampling: Control {
        func control(_ holds: Bool, _ statement: String) -> Control {
            Control(guideline: "G3", title: "Same documents", standing: holds ? .holds : .limitation, statement: statement)
        }
        let evaluated = runs.compactMap { $0 }
        let sets = Set(evaluated.map(\.domainSet)).sorted()
        guard evaluated.allSatisfy({ $0.kind == .documents }) else {
            return control(false, "at least one run is a table without documents")
        }
        guard sets.count == 1, let revision = evidence.revision else {
            return control(false, "the runs are on several revisions: \(ListText.few(sets))")
        }
        return control(true, "\(sets[0]), frozen by digest, in a stored order with seed \(revision.seed); \(Self.drawn(revision.targets))")
    }

    private static func drawn(_ targets: SelectionTargets?) -> String {
        guard let targets else { return "all documents of the source" }
        let amounts = [(targets.perDomain, "domain"), (targets.perSource, "source")].compactMap { amount, part in
            amount.map { "\($0) \(targets.unit.rawValue) per \(part)" }
        }
        return "drawn to \(ListText.few(amounts))"
    }

    private var vocabulary: Control {
        func control(_ holds: Bool, _ statement: String) -> Control {
            Control(guideline: "G4", title: "Vocabulary fixed", standing: holds ? .holds : .limitation, statement: statement)
        }
        let tokenizers = runs.compactMap { $0 }.map(\.tokenizer)
        let known = Set(tokenizers.compactMap { $0 })
        if known.count > 1 { return control(false, "\(known.count) tokenizers; changes are per byte, which allows for most of it") }
        guard let only = known.first, !tokenizers.contains(nil) else {
            return control(false, "the tokenizer of \(tokenizers.contains { $0 != nil } ? "some" : "the") checkpoints is not known")
        }
        return control(true, "one tokenizer, digest \(only.short)")
    }

    private var format: Control {
        func control(_ holds: Bool, _ statement: String) -> Control {
            Control(guideline: "G5", title: "Evaluation format fixed", standing: holds ? .holds : .limitation, statement: statement)
        }
        let protocols = Set(runs.compactMap { $0?.scoring })
        guard protocols.count == 1, let scoring = protocols.first else {
            return control(false, "the runs were scored under \(protocols.count) protocols")
        }
        let text = "\(scoring.summary); protocol \(scoring.digest.short)"
        return scoring.scoring == .allTokens && scoring.windows == .disjoint
            ? control(true, "every document by itself: \(text)")
            : control(false, "one protocol, and not Paloma's: \(text)")
    }
}
