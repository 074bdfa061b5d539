import ArgumentParser
import TrackDaemon

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the database's schema up to date.",
        discussion: "A private database is migrated by `trackd serve` itself; one of your own only by this command.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try await options.load()
        let applied = try await Daemon.migrate(configuration, logger: Daemon.logger(configuration))
        print(applied.isEmpty ? "The schema is up to date." : "Applied migrations \(applied.map(String.init).joined(separator: ", ")).")
    }
}
