import ArgumentParser
import TrackDaemon

@main
struct Trackd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trackd",
        abstract: "The daemon of track: records evaluation runs in PostgreSQL, judges them, and publishes scorecards.",
        version: Daemon.version, subcommands: [Serve.self, Migrate.self, Token.self, Config.self, Backup.self, Restore.self])

    /// The whole program: a failure is a sentence on standard error and an exit status, never a type name.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error where !StartFailure.isOwn(error) {
            exit(withError: error)
        } catch {
            StartFailure.exit(error)
        }
    }
}
