import ArgumentParser
import TrackClient

struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write all that is recorded into a folder of JSON Lines.",
        discussion: """
            Domain sets with their documents, lineages, checkpoints, protocols, and runs with their documents' values, as of one moment. \
            Interrupted, it goes on when it is run again. `track import` reads the folder. For a copy of everything, schedules and alerts \
            too, use `trackd backup`.
            """)

    @Option(name: .customLong("to"), help: "The folder: a new or empty one, or that of an export which was interrupted.")
    var folder: String

    @Option(parsing: .upToNextOption, help: "Only these lineages. (default: all)")
    var lineage: [String] = []

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let progress = ProgressLine(context)
        defer { progress.clear() }
        let manifest = try await context.withClient { client in
            var client = client
            client.retry = .transfer
            return try await Exporter(client: client) { progress.show($0) }.export(to: folder, lineages: lineage.isEmpty ? nil : lineage)
        }
        progress.clear()
        try context.show(manifest, as: output) { manifest in
            let bytes = manifest.files.map(\.bytes).reduce(0, +)
            let count = NumberText.counted(manifest.files.count, "file")
            return "\(folder): \(count), \(NumberText.bytes(bytes)). `track import \(folder)` reads it."
        }
    }
}
