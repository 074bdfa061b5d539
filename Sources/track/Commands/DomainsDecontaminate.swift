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
            let lines = try await client.documentLines(of: newest.digest)
            var decontaminator = Decontaminator()
            for line in lines {
                decontaminator.add(line.content.parts, of: newest.domains[line.domain].name, digest: line.content.digest)
            }
            let (report, isFound) = try await decontamination.check(decontaminator, showing: progress)
            guard decontamination.contaminated == .drop, report.check.documentsFound > 0 else {
                let revision = try await client.addDecontamination(report.check, to: newest.digest)
                return DomainsOutcome(revision: revision, created: false, decontamination: report)
            }
            let clean = try CleanRevision(newest, lines, isFound: isFound)
            progress.show("sending \(NumberText.counted(clean.lines.count, "document"))")
            var upload = DomainSetUpload(
                kind: .documents, split: newest.split, seed: newest.seed, targets: newest.targets, domains: clean.domains)
            upload.decontamination = report.check
            let answer = try await client.addRevision(of: name, upload, documents: clean.lines)
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

/// A revision's documents without those that were found in training text, in their order.
struct CleanRevision {
    let domains: [DomainName]
    let lines: [DocumentLine]

    /// - Throws: ``CommandFailure`` when nothing is left.
    init(_ revision: DomainSetRevision, _ all: [DocumentLine], isFound: [Bool]) throws {
        let kept = zip(all, isFound).filter { !$0.1 }.map(\.0)
        let places = Set(kept.map(\.domain)).sorted()
        guard !places.isEmpty else {
            throw CommandFailure(
                "Every document of \(revision.label) has a paragraph of the training text: nothing is left to evaluate on. "
                    + "Nothing was changed.")
        }
        let positions = Dictionary(uniqueKeysWithValues: places.enumerated().map { ($1, $0) })
        domains = places.map { revision.domains[$0].name }
        lines = kept.map { line in
            var moved = line
            moved.domain = positions[line.domain] ?? 0
            return moved
        }
    }
}
