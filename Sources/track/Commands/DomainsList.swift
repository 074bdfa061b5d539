import ArgumentParser
import TrackClient

struct DomainsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the domain sets with their newest revisions.")

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let sets = try await context.withClient { try await $0.domainSets() }
        try context.show(sets, as: output) { DomainSetText.list($0, context.look) }
    }
}
