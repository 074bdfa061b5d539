import ArgumentParser
import TrackClient

struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Judge a checkpoint against another, domain by domain.",
        discussion: """
            Changes are of the perplexity, paired by document, with 95 % intervals; p values are adjusted for the number of domains.
            """)

    @Argument(help: CheckpointReference.help)
    var checkpoint: String

    @Argument(help: "The reference, written the same way. (default: the lineage's baseline)")
    var reference: String?

    @Flag(help: "Also show which tokens moved in the domains that improved or regressed.")
    var tokens = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let view = try await context.withClient { try await $0.compare(checkpoint, with: reference, tokens: tokens) }
        try context.show(view, as: output) { CompareText.view($0, context.look) }
    }
}
