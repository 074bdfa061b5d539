import ArgumentParser
import FoundationEssentials
import Synchronization
import TrackClient
import TrackCore
import TrackEvaluators

struct Tokens: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show which tokens of a domain a checkpoint finds hard.",
        discussion: """
            The domain's documents come from the daemon, and the evaluator scores them on this machine, under the protocol of the \
            checkpoint's newest run. Its files must be here, unchanged since it was added.
            """)

    @Argument(help: CheckpointReference.help)
    var checkpoint: String

    @Option(help: "The domain, as source/domain.")
    var domain: String

    @Option(help: "The document of the domain with this number, from 1 on.")
    var document: Int?

    @Option(help: "So many documents from the beginning of the domain.")
    var documents = 3

    @Option(help: "Another checkpoint, to see which tokens became harder or easier.")
    var against: String?

    @Option(help: "Write a page with the tokens shaded to this file.")
    var html: String?

    @Option(help: "Without colour, tokens of this perplexity or more are marked.")
    var tau = 2.5

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard tau > 1, tau.isFinite else { throw ValidationError("--tau is a perplexity above 1.") }
        guard document.map({ $0 >= 1 }) ?? true else { throw ValidationError("--document is counted from 1.") }
        guard (1...1000).contains(documents) else { throw ValidationError("--documents must be from 1 to 1000.") }
        guard DomainName(domain) != nil else { throw ValidationError("--domain is written source/domain.") }
    }

    func run() async throws {
        let context = try CommandContext()
        guard let name = DomainName(domain) else { return }
        let report = try await report(on: name, context)
        if let html {
            let file = try WholeFile(html)
            do {
                try file.write(Array(TokenPage.render(report).utf8))
                try file.finish()
            } catch {
                file.discard()
                throw error
            }
            if !output.json { return context.say("\(html): \(TokenPage.title(report)).") }
        }
        try context.show(report, as: output) { TokenText.view($0, context.look) }
    }

    private func report(on domain: DomainName, _ context: CommandContext) async throws -> TokenReport {
        let (view, other, texts) = try await context.withClient { client in
            let view = try await client.checkpoint(checkpoint)
            let other: CheckpointView? =
                if let against { try await client.checkpoint(against) } else { nil }
            return (view, other, try await DomainTexts.read(domain, for: view, client, document: document, first: documents))
        }
        if let other, other.checkpoint.description.tokenizer != view.checkpoint.description.tokenizer {
            throw CommandFailure(
                "\(other.checkpoint.label) and \(view.checkpoint.label) cut text into tokens differently, so that theirs do not compare. "
                    + "Without --against the tokens of one are shown.")
        }
        let catalog = try EvaluatorCatalog(environment: context.environment)
        let own = try await scores(of: view.checkpoint, on: texts, catalog, context)
        var report = TokenReport(
            checkpoint: view.checkpoint.label, against: other?.checkpoint.label, domain: domain, domainSet: texts.domainSet,
            scoring: texts.scoring, tau: tau, numbers: texts.numbers, documents: own.documents, totals: own.totals)
        if let other {
            let reference = try await scores(of: other.checkpoint, on: texts, catalog, context)
            (report.reference, report.referenceTotals) = (reference.documents, reference.totals)
        }
        return report
    }

    private func scores(
        of checkpoint: Checkpoint, on texts: DomainTexts, _ catalog: EvaluatorCatalog, _ context: CommandContext
    ) async throws -> (documents: [TokenDocument], totals: TokenTotals) {
        let local = try LocalCheckpoint.proved(checkpoint, context)
        let heard = Mutex<(documents: [TokenDocument], totals: TokenTotals?)>(([], nil))
        try await EvaluatorCommand.run(
            [
                "tokens", "--checkpoint", local.path, "--documents", "documents.jsonl", "--domain", domain, "--count",
                "\(texts.numbers.count)", "--protocol", String(decoding: try WireCoding.encode(texts.scoring), as: UTF8.self), "--types",
                "\(TypeLosses.maximum)",
            ], of: catalog, file: ("documents.jsonl", texts.lines)
        ) { line in
            let line = try TokenLine(line)
            heard.withLock { heard in
                switch line {
                case .document(let document): heard.documents.append(document)
                case .done(let totals): heard.totals = totals
                }
            }
        }
        let (documents, totals) = heard.withLock { ($0.documents, $0.totals) }
        guard let totals, documents.count == texts.numbers.count else {
            throw CommandFailure("The evaluator ended before it had told every document.")
        }
        return (documents, totals)
    }
}

/// Some documents of a domain, as an evaluator reads them.
private struct DomainTexts: Sendable {
    let domainSet: String
    let scoring: ScoringProtocol
    /// Positions in the domain, from 1 on.
    let numbers: [Int]
    /// JSON Lines, a ``DocumentLine`` each.
    let lines: [UInt8]

    /// Of the set and under the protocol of the checkpoint's newest run.
    static func read(
        _ domain: DomainName, for view: CheckpointView, _ client: DaemonClient, document: Int?, first: Int
    ) async throws -> DomainTexts {
        let label = view.checkpoint.label
        guard let run = view.runs.first(where: { $0.aggregation == nil }) else {
            throw CommandFailure("\(label) has not been evaluated on documents yet: `track evaluate \(label)` does it.")
        }
        let (set, number) = try split(run.domainSet)
        guard let revision = try await client.revisions(of: set).first(where: { $0.number == number }),
            let position = revision.domains.firstIndex(where: { $0.name == domain })
        else { throw CommandFailure("\(domain) is not a domain of \(run.domainSet). `track domains show \(set)` lists them.") }
        let size = revision.domains[position].documents
        let wanted = document.map { $0...$0 } ?? 1...min(first, size)
        guard wanted.upperBound <= size else { throw CommandFailure("\(domain) has \(NumberText.counted(size, "document")).") }
        var chosen = ChosenLines(domain: position, numbers: wanted)
        try await client.documents(of: revision.digest) { try chosen.take($0) }
        return DomainTexts(domainSet: run.domainSet, scoring: run.scoring, numbers: Array(wanted), lines: try chosen.finish())
    }

    private static func split(_ label: String) throws -> (String, Int) {
        guard let at = label.lastIndex(of: "@"), let number = Int(label[label.index(after: at)...]) else {
            throw CommandFailure("The daemon names the domain set \(label), which this track does not understand.")
        }
        return (String(label[..<at]), number)
    }
}

/// Picks lines from a stream of documents.
private struct ChosenLines {
    let domain: Int
    /// In the domain, from 1 on.
    let numbers: ClosedRange<Int>
    private var seen = 0
    private var rest: [UInt8] = []
    private var kept: [UInt8] = []

    init(domain: Int, numbers: ClosedRange<Int>) {
        self.domain = domain
        self.numbers = numbers
    }

    mutating func take(_ bytes: UnsafeRawBufferPointer) throws {
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            rest.append(contentsOf: bytes[start..<end])
            try add()
            start = end + 1
        }
        rest.append(contentsOf: bytes[start...])
    }

    mutating func finish() throws -> [UInt8] {
        if !rest.isEmpty { try add() }
        return kept
    }

    private mutating func add() throws {
        defer { rest.removeAll(keepingCapacity: true) }
        guard seen < numbers.upperBound else { return }
        var line = try WireCoding.decode(DocumentLine.self, from: Data(rest))
        guard line.domain == domain else { return }
        seen += 1
        guard numbers.contains(seen) else { return }
        line.domain = 0
        kept += Array(try WireCoding.encode(line)) + [UInt8(ascii: "\n")]
    }
}
