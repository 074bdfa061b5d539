import ArgumentParser
import TrackClient

@main
enum Main {
    static func main() async {
        DaemonClient.useOneThread()
        do {
            var command = try Track.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard let failure = CommandFailure(error) else { Track.exit(withError: error) }
            failure.end()
        }
    }
}
