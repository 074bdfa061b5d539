import ArgumentParser
import TrackClient
import TrackCore

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Record what an export holds, with its own ids and times.",
        discussion: """
            Every digest is computed anew, and a line that was changed is refused. What is here already is left as it is, so that an \
            import may be run again. Verdicts, alerts and cards are made anew from the runs.
            """)

    @Argument(help: "The folder that `track export` wrote.")
    var folder: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let progress = ProgressLine(context)
        defer { progress.clear() }
        let outcome = try await context.withClient { client in
            var client = client
            client.retry = .transfer
            return try await Importer(client: client) { progress.show($0) }.importAll(from: folder)
        }
        progress.clear()
        try context.show(outcome, as: output) { outcome in
            [
                ("lineage", outcome.lineages), ("checkpoint", outcome.checkpoints), ("protocol", outcome.protocols),
                ("domain set revision", outcome.revisions), ("run", outcome.runs),
            ].map { name, response in
                NumberText.counted(response.accepted, name) + (response.duplicates > 0 ? " (\(response.duplicates) were here already)" : "")
            }.joined(separator: "\n")
        }
    }
}
