import ArgumentParser
import TrackDaemon

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Load a backup into an empty database.",
        discussion: """
            Into a new state folder, or an empty database of your own, while no trackd uses it. All of it is restored or nothing. Clients \
            see the change and send again what they still hold from after the backup.
            """)

    @Argument(help: "The file that `trackd backup` wrote, its FILE.json beside it.")
    var file: String

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try await options.load()
        let manifest = try await Daemon.restore(configuration, from: file, logger: Daemon.logger(configuration))
        print(
            "Restored \(manifest.summary), as of \(manifest.madeAt). Start it with `trackd serve`; `track report` writes the cards again.")
    }
}
