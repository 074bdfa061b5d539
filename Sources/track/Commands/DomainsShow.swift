import ArgumentParser
import TrackClient

struct DomainsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a domain set's revisions and domains.")

    @Argument(help: "The domain set's name.")
    var name: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let revisions = try await context.withClient { try await $0.revisions(of: name) }
        try context.show(revisions, as: output) { DomainSetText.revisions($0, context.look) }
    }
}
