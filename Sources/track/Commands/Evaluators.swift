import ArgumentParser
import FoundationEssentials
import TrackClient
import TrackCore
import TrackEvaluators
import TrackServed

struct Evaluators: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What this machine can evaluate with: the evaluators of evaluators.json in the state folder, and track's own.",
        subcommands: [EvaluatorsList.self, EvaluatorsCheck.self, EvaluatorsSpeakServed.self])
}

struct EvaluatorsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the evaluators that this machine can start.")

    @OptionGroup var output: OutputOptions

    private struct Listing: Encodable {
        let name: String
        let kind: String
        let what: String
    }

    func run() async throws {
        let context = try CommandContext()
        let file = try context.evaluatorFile()
        let catalog = try context.evaluators()
        let listings = catalog.names.map { name in
            switch file.entries[name] {
            case .served(let settings):
                Listing(name: name, kind: "served", what: "\(settings.api.rawValue) at \(settings.url), \(settings.dtype.rawValue)")
            case .command(let command): Listing(name: name, kind: "command", what: command.joined(separator: " "))
            case nil: Listing(name: name, kind: "built in", what: (catalog.commands[name] ?? []).joined(separator: " "))
            }
        }
        try context.show(listings, as: output) { listings in
            var table = TextTable(("evaluator", .left), ("kind", .left), ("what it is", .left))
            for listing in listings { table.add([.init(listing.name), .init(listing.kind), .init(listing.what)]) }
            return table.text(context.look)
        }
    }
}

/// What the worker starts for a `served` entry: the evaluator contract over standard input and output.
struct EvaluatorsSpeakServed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speak-served", abstract: "Started by a worker, to speak for a running server.", shouldDisplay: false)

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let text = environment[ServedVariables.settings],
            let settings = try? JSONDecoder().decodeChecked(ServedSettings.self, from: Data(text.utf8))
        else {
            throw CommandFailure("This command is started by a worker. `track evaluators check NAME` tries an evaluator.", status: .usage)
        }
        await ServedProgram.run(settings, token: environment[ServedVariables.token], environment: environment)
    }
}
