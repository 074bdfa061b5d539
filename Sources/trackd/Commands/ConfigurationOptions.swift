import ArgumentParser
import FoundationEssentials
import TrackDaemon
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The flags that every command of trackd takes. Each stands above the environment, which stands above the file.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: "A JSON file with settings. (default: TRACK_CONFIG, else trackd.json in the state folder)")
    var config: String?

    @Option(help: "Where the daemon keeps its state. (default: /var/lib/track for root, else $XDG_STATE_HOME/track)")
    var stateFolder: String?

    @Option(help: "A PostgreSQL of your own, postgresql://…; without it trackd runs a private one.")
    var databaseURL: String?

    @Flag(help: "Accept a database that can lose what it confirmed.")
    var unsafeDatabase = false

    @Option(help: "The TCP port on 127.0.0.1; 0 takes a free one. (default: 7450)")
    var httpPort: Int?

    @Flag(help: "Run no worker inside the daemon.")
    var noWorker = false

    func load() async throws -> DaemonConfiguration {
        var flags: [String: String] = [:]
        flags["stateFolder"] = stateFolder
        flags["database.url"] = databaseURL
        flags["http.port"] = httpPort.map(String.init)
        if unsafeDatabase { flags["database.allowUnsafe"] = "true" }
        if noWorker { flags["worker.enabled"] = "false" }
        return try await DaemonConfiguration.load(
            flags: flags, file: config, environment: ProcessInfo.processInfo.environment, uid: geteuid())
    }
}
