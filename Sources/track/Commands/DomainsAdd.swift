import ArgumentParser
import TrackClient
import TrackCore
import TrackEvaluators

struct DomainsAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make a domain set, or its next revision, from text files.",
        discussion: """
            The folder holds <source>/<domain>/*.txt, <source>/<domain>.jsonl(.gz) with a field "text", or Paloma's
            <source>/{val,test}/*.jsonl.gz. The same content again is recognised by its digest. A revision never changes.
            """)

    @Argument(help: "The domain set's name.")
    var name: String

    @Option(name: .customLong("from"), help: "A folder or file of held-out text.")
    var source: String

    @Option(help: "Of the permutation that orders and chooses the documents; it is stored.")
    var seed: Int64 = 0

    @Option(help: "Take about so many UTF-8 bytes of each domain, whole documents. (default: all)")
    var bytesPerDomain: Int64?

    @Option(help: "Which split this is, and which is read where the source has several: val for the week, test for the month.")
    var split = "val"

    @OptionGroup var decontamination: DecontaminationOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let bytesPerDomain, bytesPerDomain < 1 { throw ValidationError("--bytes-per-domain must be at least 1.") }
        guard Name.isValid(name) else {
            throw ValidationError("The name must be letters, digits, '.', '_' and '-', beginning with a letter or digit.")
        }
    }

    func run() async throws {
        let context = try CommandContext()
        let progress = ProgressLine(context)
        defer { progress.clear() }
        progress.show("reading \(source)")
        let (found, report) = try await DomainSource.collect(path: source, split: split)
        let (domains, check) = try await decontaminated(found, progress)
        let selected = DomainSelection.select(domains, seed: seed, bytesPerDomain: bytesPerDomain)
        let lines = Array(selected.lines)
        progress.show("sending \(NumberText.counted(lines.count, "document"))")
        var upload = selected.upload(split: split)
        upload.decontamination = check?.check
        let answer = try await context.withClient { try await $0.addRevision(of: name, upload, documents: lines) }
        progress.clear()
        let outcome = DomainsOutcome(revision: answer.revision, created: answer.created, decontamination: check)
        try context.show(outcome, as: output) { answer in
            let looked = answer.decontamination.map { DecontaminationText.report($0, context.look) + "\n\n" } ?? ""
            let state = answer.created ? "made" : "already there, with the same content"
            let notes = report.notes.map { "\nNote: " + $0 }.joined()
            return looked + DomainSetText.revision(answer.revision, context.look) + "\n\(answer.revision.label) is \(state)." + notes
        }
    }

    /// Looks for the documents in training text before any are chosen, so that what was asked for is reached with clean ones.
    private func decontaminated(
        _ domains: [DomainDocuments], _ progress: ProgressLine
    ) async throws -> (domains: [DomainDocuments], report: DecontaminationReport?) {
        guard !decontamination.against.isEmpty else { return (domains, nil) }
        let documents = domains.lazy.flatMap { domain in
            domain.contents.lazy.map { (domain: domain.name, digest: $0.digest, texts: $0.parts) }
        }
        let (report, isFound) = try await decontamination.check(documents, showing: progress)
        guard decontamination.contaminated == .drop else { return (domains, report) }
        var flags = isFound[...]
        let clean = domains.map { domain in
            defer { flags = flags.dropFirst(domain.contents.count) }
            return DomainDocuments(name: domain.name, contents: zip(domain.contents, flags).filter { !$0.1 }.map(\.0))
        }.filter { !$0.contents.isEmpty }
        guard !clean.isEmpty else {
            throw CommandFailure("Every document has a paragraph of the training text: nothing is left to evaluate on. Nothing was sent.")
        }
        return (clean, report)
    }
}
