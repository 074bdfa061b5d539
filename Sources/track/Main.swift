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
            var failure: (any Error)?
            do { try await ours.run() } catch { failure = error }
            (try? CommandContext())?.warnOfSpool()
            guard let failure else { return }
            if failure is ExitCode || failure is ValidationError || failure is CleanExit { throw failure }
            CommandFailure(failure).end()
        } catch {
            // The parser's own: help, the version, and usage errors, which it shows and which end with 64.
            Track.exit(withError: error)
        }
    }
}
