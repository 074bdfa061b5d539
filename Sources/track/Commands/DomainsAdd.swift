import ArgumentParser
import FoundationEssentials
import TrackClient
import TrackCore
import TrackEvaluators

struct DomainsAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make a domain set, or its next revision, from text files.",
        discussion: """
            The folder holds <source>/<domain>/*.txt, <source>/<domain>.jsonl with "text", "messages", or "prompt" and "completion" \
            on every line, or Paloma's <source>/{val,test}/*.jsonl with "text" and "subdomain"; each also as .gz. Documents that cannot \
            be read are named, counted and left out: up to 10, or 1 % of a large set. The same content again is recognised by its \
            digest. A revision never changes.
            """)

    @Argument(help: "The domain set's name.")
    var name: String

    @Option(name: .customLong("from"), help: "A folder or file of held-out text.")
    var source: String

    @Option(help: "Of the permutation that orders and chooses the documents; it is stored.")
    var seed: Int64 = 0

    @Option(help: "Which split this is, and which is read where the source has several: val for the week, test for the month.")
    var split = "val"

    @OptionGroup var decontamination: DecontaminationOptions
    @OptionGroup var amounts: SelectionOptions

    @Option(name: .customLong("document-limit"), help: "Leave out documents of more than so many MiB.")
    var documentLimit: Int64 = 16

    @Flag(help: "Leave out no document and no file that cannot be read: make nothing instead.")
    var strict = false

    @Flag(help: "Leave out files that cannot be read to their end.")
    var skipUnreadable = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard Name.isValid(name) else {
            throw ValidationError("The name must be letters, digits, '.', '_' and '-', beginning with a letter or digit.")
        }
        guard (1...Int64(WireLimits.document >> 20)).contains(documentLimit) else {
            throw ValidationError("--document-limit must be 1 to \(WireLimits.document >> 20) MiB.")
        }
        if strict, skipUnreadable { throw ValidationError("--strict and --skip-unreadable contradict each other.") }
    }

    func run() async throws {
        let context = try CommandContext()
        let progress = ProgressLine(context)
        defer { progress.clear() }
        let counter = try await amounts.counter(context)
        let targets = amounts.targets(counter)
        let began = ContinuousClock.now
        var (index, report) = try await DomainIndex.build(
            of: try DomainSource(path: source, split: split), limits: DomainReadLimits(documentBytes: documentLimit << 20)
        ) { progress.show(DomainSourceText.reading($0, seconds: (ContinuousClock.now - began) / .seconds(1))) }
        if let objection = report.objection(isStrict: strict, skipsUnreadable: skipUnreadable) {
            progress.clear()
            for note in report.notes { context.note("Note: " + note) }
            throw objection
        }
        let check = try await decontaminate(&index, progress)
        if let counter {
            try await counter.count(&index) { progress.show(DomainSourceText.counting("counting the tokens of", $0, of: $1)) }
        }
        let chosen = DomainSelection.select(index.domains, seed: seed, targets: targets)
        let documents = try await ChosenDocuments.copy(
            chosen, of: index, split: split, seed: seed, targets: targets, in: context.temporaryFolder
        ) { progress.show(DomainSourceText.counting("copying", $0, of: $1)) }
        var upload = documents.upload
        upload.decontamination = check?.check
        let answer = try await context.withClient { [upload] client in
            try await client.addRevision(
                of: name, upload,
                lines: documents.lines { progress.show(DomainSourceText.counting("sending", $0, of: documents.documents)) })
        }
        progress.clear()
        let outcome = Outcome(
            revision: answer.revision, created: answer.created, read: report, shortfalls: targets?.shortfalls(of: chosen) ?? [],
            decontamination: check)
        try context.show(outcome, as: output) { text($0, context.look) }
    }

    private func text(_ outcome: Outcome, _ look: Look) -> String {
        let state = outcome.created ? "made" : "already there, with the same content"
        let notes = (outcome.read.notes + outcome.shortfalls).map { "\nNote: " + $0 }.joined()
        let looked = outcome.decontamination.map { DecontaminationText.report($0, look) + "\n\n" } ?? ""
        return looked + DomainSetText.revision(outcome.revision, look) + "\n\(outcome.revision.label) is \(state)." + notes
    }

    private struct Outcome: Encodable {
        let revision: DomainSetRevision
        let created: Bool
        let read: DomainSourceReport
        let shortfalls: [String]
        /// Nil where no training text was named.
        let decontamination: DecontaminationReport?
    }

    /// Looks for the documents in training text before any are chosen, so that what was asked for is reached with clean ones.
    private func decontaminate(_ index: inout DomainIndex, _ progress: ProgressLine) async throws -> DecontaminationReport? {
        guard !decontamination.against.isEmpty else { return nil }
        progress.show("reading the documents again, for their paragraphs")
        let (decontaminator, places) = try await index.decontaminator()
        let (report, isFound) = try await decontamination.check(decontaminator, showing: progress)
        guard decontamination.contaminated == .drop else { return report }
        index.remove(zip(places, isFound).filter(\.1).map(\.0))
        guard !index.domains.isEmpty else {
            throw CommandFailure("Every document has a paragraph of the training text: nothing is left to evaluate on. Nothing was sent.")
        }
        return report
    }
}
