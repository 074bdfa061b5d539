import ArgumentParser
import TrackClient

struct Alerts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at alerts.", subcommands: [AlertsList.self], defaultSubcommand: AlertsList.self)
}

struct AlertsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the firing alerts.")

    @Flag(help: "The resolved ones too.")
    var all = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let alerts = try await context.withClient { try await $0.alerts(all: all) }
        try context.show(alerts, as: output) { ReviewText.alerts($0, context.look) }
    }
}
