import ArgumentParser
import TrackDaemon

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the daemon until SIGTERM or SIGINT.",
        discussion: """
            With nothing configured it makes and owns a private PostgreSQL in the state folder, listens on a Unix socket there and on \
            127.0.0.1:7450, and runs a worker. Logs are JSON lines on standard error.
            """)

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try await options.load()
        try await Daemon.serve(configuration, logger: Daemon.logger(configuration))
    }
}
