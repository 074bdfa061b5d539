import ArgumentParser
import TrackClient
import TrackCore
import TrackEvaluators

struct DomainsDecontaminate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decontaminate",
        abstract: "Look for a domain set's documents in training text, and drop those that are there.",
        discussion: """
            Documents that are found are left out of the set's next revision. With --contaminated keep they are only reported. Either way
            what was looked at is kept with the revision, and cards show it.
            Example: track domains decontaminate heldout --against /data/train
            """)

    @Argument(help: "The domain set's name.")
    var name: String

    @OptionGroup var decontamination: DecontaminationOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !decontamination.against.isEmpty else { throw ValidationError("Name the training text with --against.") }
    }

    func run() async throws {
        let context = try CommandContext()
        let progress = ProgressLine(context)
        defer { progress.clear() }
        let outcome = try await context.withClient { client in
            progress.show("fetching the documents of \(name)")
            guard let newest = try await client.revisions(of: name).first, newest.kind == .documents else {
                throw CommandFailure("The domain set \(name) holds tables of results and no documents: there is nothing to look for.")
            }
            let file = try SpillFile(in: context.temporaryFolder)
            var documents: [CleanRevision.Document] = []
            var decontaminator = Decontaminator()
            try await client.documentLines(of: newest.digest) { document, line in
                decontaminator.add(document.content.parts, of: newest.domains[document.domain].name, digest: document.content.digest)
                documents.append(.init(domain: document.domain, place: try file.append(line)))
                progress.show(DomainSourceText.counting("fetching", documents.count, of: newest.documents))
            }
            let (report, isFound) = try await decontamination.check(decontaminator, showing: progress)
            guard decontamination.contaminated == .drop, report.check.documentsFound > 0 else {
                let revision = try await client.addDecontamination(report.check, to: newest.digest)
                return DomainsOutcome(revision: revision, created: false, decontamination: report)
            }
            let clean = try CleanRevision(newest, documents, isFound: isFound, in: file)
            var upload = DomainSetUpload(
                kind: .documents, split: newest.split, seed: newest.seed, targets: newest.targets, domains: clean.domains)
            upload.decontamination = report.check
            let answer = try await client.addRevision(
                of: name, upload,
                lines: clean.lines { progress.show(DomainSourceText.counting("sending", $0, of: clean.count)) })
            return DomainsOutcome(revision: answer.revision, created: answer.created, decontamination: report)
        }
        progress.clear()
        try context.show(outcome, as: output) { outcome in
            let report = outcome.decontamination.map { DecontaminationText.report($0, context.look) } ?? ""
            let state = outcome.created ? "is made, without them" : "is unchanged; the check is kept with it"
            return "\(report)\n\(outcome.revision.label) \(state)."
        }
    }
}

/// What a command made of a domain set.
struct DomainsOutcome: Encodable {
    let revision: DomainSetRevision
    /// False when a revision with this digest was there already.
    let created: Bool
    let decontamination: DecontaminationReport?
}
