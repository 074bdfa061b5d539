import ArgumentParser
import TrackClient

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the registered checkpoints with their newest numbers.")

    @Option(help: "Only this lineage's.")
    var lineage: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let listings = try await context.withClient { try await $0.checkpoints(lineage: lineage) }
        try context.show(listings, as: output) { CheckpointText.list($0, context.look) }
    }
}
