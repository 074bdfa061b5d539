import ArgumentParser
import TrackClient

@main
enum Main {
    static func main() async {
        DaemonClient.useOneThread()
        do {
            let command = try Track.parseAsRoot()
            guard var ours = command as? any AsyncParsableCommand else {
                var help = command
                return try help.run()
            }
            do {
                try await ours.run()
            } catch let error where !(error is ExitCode || error is ValidationError || error is CleanExit) {
                CommandFailure(error).end()
            }
        } catch {
            // The parser's own: help, the version, and usage errors, which it shows and which end with 64.
            Track.exit(withError: error)
        }
    }
}
