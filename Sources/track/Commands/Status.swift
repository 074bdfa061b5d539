import ArgumentParser
import TrackClient

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Say how the daemon is and what needs attention.")

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let address = try context.address()
        let status = try await context.withClient { try await $0.status() }
        try context.show(status, as: output) { ReviewText.status($0, address.description, context.look) }
        if !output.json, let waiting = try? context.spool().waiting(), waiting > 0 {
            context.say("! \(NumberText.counted(waiting, "record")) in this machine's spool: `track sync` delivers now.")
        }
    }
}
