import ArgumentParser
import TrackClient

struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show a checkpoint with its runs and jobs.")

    @Argument(help: CheckpointReference.help)
    var checkpoint: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let view = try await context.withClient { try await $0.checkpoint(checkpoint) }
        try context.show(view, as: output) { CheckpointText.view($0, context.look) }
    }
}

enum CheckpointReference {
    static let help: ArgumentHelp = "LINEAGE/NAME, LINEAGE@STEP, at least 8 digits of its digest, or its number."
}
