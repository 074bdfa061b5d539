import ArgumentParser
import FoundationEssentials
import TrackClient
import TrackCore
import TrackEvaluators

extension Aggregation: ExpressibleByArgument {}

struct Record: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Record results that were made elsewhere.",
        discussion: """
            csv        a row per checkpoint and domain: columns checkpoint or model, step, source, domain, and perplexity, byte_perplexity,
                       word_perplexity, bits_per_byte or nll (and tokens, bytes, text_format, role, aggregation, evaluated_at)
            lm-eval    results_*.json and samples_*.jsonl of lm-evaluation-harness, or the folders that hold them
            olmo-eval  metrics and predictions files of OLMo-Eval, and its tables .jsonl(.gz)
            native     track's own runs, as JSON or JSON Lines

            Numbers without documents are a summary: compared where domain, stated protocol and aggregation agree, observed and never \
            tested, without intervals and alerts. What cannot be taken is named, line by line, on standard error, and the rest goes on. \
            The same file again changes nothing; a corrected one supersedes what it corrects.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case csv, lmEval = "lm-eval", olmoEval = "olmo-eval", native
    }

    @Argument(help: "Files; for lm-eval and olmo-eval also folders.")
    var files: [String]

    @Option(help: "The form of the files.")
    var format: Format

    @Option(help: "The lineage that the checkpoints belong to. (default: the first file's name)")
    var lineage: String?

    @Option(help: "The name of the checkpoint, where the files are about one; one that the lineage has is that one.")
    var checkpoint: String?

    @Option(help: "The checkpoint that the others are held against. (default: the one that the files call so, else the first)")
    var baseline: String?

    @Option(
        parsing: .upToNextOption,
        help: "Domains that the lineage is trained on, as source/domain, source/* or a domain alone. All others are out of domain.")
    var inDomain: [String] = []

    @Option(help: "The name of the list of domains. (default: the lineage's)")
    var domainSet: String?

    @Option(help: "Optimiser steps of the checkpoint, where the files do not say.")
    var step: Int64?

    @Option(help: "Where the files do not say: token-weighted, every token weighs alike, or document-weighted.")
    var aggregation: Aggregation = .tokenWeighted

    @Option(name: .customLong("protocol"), help: "What the numbers mean, in words. (default: what the files state, or \"as reported\")")
    var statement: String?

    @Option(name: .customLong("map"), help: "What a column of a csv means, as COLUMN=MEANING; ignore means nothing.")
    var columns: [String] = []

    @Flag(help: "Say what would be recorded, and record nothing.")
    var dryRun = false

    @Flag(help: "Fail when anything was skipped; what was not skipped is recorded all the same.")
    var strict = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        for name in [lineage, checkpoint, domainSet].compactMap({ $0 }) where !Name.isValid(name) {
            throw ValidationError("\(name) must be letters, digits, '.', '_' and '-', beginning with a letter or digit.")
        }
        if let step, step < 0 { throw ValidationError("--step must not be negative.") }
        if let statement, !StatedProtocol(statement: statement).isUsable { throw ValidationError("--protocol \(StatedProtocol.rule).") }
        _ = try meanings
        if format != .csv, !columns.isEmpty { throw ValidationError("--map goes with --format csv.") }
        let names = [lineage, checkpoint, baseline, domainSet, statement].compactMap { $0 }
        if format == .native, !names.isEmpty || step != nil || !inDomain.isEmpty {
            throw ValidationError("A native run says itself what it belongs to: --format native takes none of these options.")
        }
    }

    private var meanings: [String: CSVMeaning] {
        get throws {
            try columns.reduce(into: [:]) { found, text in
                guard let sign = text.lastIndex(of: "="), let meaning = CSVMeaning(rawValue: String(text[text.index(after: sign)...]))
                else {
                    let words = CSVMeaning.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("--map is written COLUMN=MEANING, where the meaning is one of \(words).")
                }
                found[String(text[..<sign])] = meaning
            }
        }
    }

    func run() async throws {
        let context = try CommandContext()
        guard let format = ResultFormat(rawValue: format.rawValue) else {
            return try await NativeRecording(context: context, files: files, dryRun: dryRun, strict: strict, output: output).run()
        }
        let lineage = try lineageName
        let options = ResultOptions(label: lineage, step: step, aggregation: aggregation, statement: statement, columns: try meanings)
        let line = ProgressLine(context)
        defer { line.clear() }
        let table = try await ResultFiles.read(files, format: format, options, progress: RecordText.progress(line))
        line.clear()
        for note in table.notes { context.note("Note: " + note) }
        for skipped in table.skipped { context.note("Skipped: " + skipped.description) }
        if table.skippedCount > table.skipped.count { context.note("Skipped: \(RecordText.skipped(table.skippedCount)) in all.") }
        guard !table.runs.isEmpty else {
            throw CommandFailure("Nothing was recorded: \(files.joined(separator: ", ")) held no number that could be taken.")
        }
        let request = TableRecording(
            table: table, lineage: lineage, set: domainSet ?? lineage, name: checkpoint, baseline: baseline, inDomain: try inDomainNames)
        let outcome = try await dryRun ? request.preview() : context.withClient { try await request.record(with: $0) }
        try context.show(outcome, as: output) { RecordText.outcome($0, context.look) }
        if strict, table.skippedCount > 0 {
            throw CommandFailure("\(RecordText.skipped(table.skippedCount)) skipped; see above.")
        }
    }

    private var lineageName: String {
        get throws {
            if let lineage { return lineage }
            let file = files.first?.split(separator: "/").last.map(String.init) ?? ""
            let stem = file.firstIndex(of: ".").map { String(file[..<$0]) } ?? file
            guard format == .csv, let name = Name.slug(of: stem) else {
                throw ValidationError("Say with --lineage which lineage the checkpoints belong to.")
            }
            return name
        }
    }

    private var inDomainNames: [String] {
        get throws {
            try inDomain.map { text in
                if text.hasSuffix("/*") || DomainName(text) != nil { return text }
                guard Name.isValid(text), let name = DomainName(source: text, domain: text) else {
                    throw ValidationError("\(text) cannot name a domain: it is written source/domain, source/* or domain.")
                }
                return name.description
            }
        }
    }
}
