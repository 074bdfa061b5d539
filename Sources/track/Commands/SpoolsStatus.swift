import ArgumentParser
import TrackClient

struct SpoolsStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say what this machine's spool holds.",
        discussion: "Ends with 1 when records are in quarantine: somebody has to look at them. The daemon is not asked.")

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let status = try context.spool().status()
        try context.show(status, as: output) { SpoolText.status($0, context.look) }
        guard !status.quarantine.isEmpty else { return }
        throw CommandFailure(
            "\(NumberText.counted(status.quarantine.count, "record")) in quarantine. Mend what the reason names, then run "
                + "`track spool requeue ID` and `track sync`.")
    }
}
