package import Logging
import Postgres
import SystemPackage
import TrackClient
import TrackCore
import TrackStore

extension Daemon {
    package static let version = ProgramVersion.text

    /// The logger of the program: JSON lines on standard error.
    package static func logger(_ configuration: DaemonConfiguration) -> Logger {
        let limit = LogLimit()
        return Logger(label: "trackd") { JSONLogHandler(label: $0, level: configuration.logLevel.level, limit: limit) }
    }

    /// Applies the migrations that the configured database lacks.
    ///
    /// - Returns: their versions.
    package static func migrate(_ configuration: DaemonConfiguration, logger: Logger) async throws -> [Int] {
        guard let url = configuration.databaseURL else {
            throw ConfigurationFault([
                "trackd serve migrates its private database itself; this command is for one of your own, track.database.url."
            ])
        }
        let database = Database(configuration: try DatabaseConfiguration(url: url.reveal(), schema: Schema.name), logger: logger)
        let applied = try await Migrator(database: database, schema: Schema.name, program: "trackd", migrations: Schema.migrations).apply()
        await database.shutDown()
        return applied
    }

    /// What happened and what to do, for the person who started the program.
    package static func sentence(of error: any Error) -> String {
        switch error {
        case let problem as Problem: problem.description
        case let error as any CustomStringConvertible: error.description
        default: "it stopped for an unknown reason; the log's last lines may say more."
        }
    }

    /// 78 for what the configuration or the machine must change first, 1 for the rest.
    package static func exitStatus(of error: any Error) -> Int32 {
        switch error {
        case is ConfigurationFault, is StateFolderError, is MigrationError, is StateFolderSetup.Fault, is SecretFile.Fault,
            is DatabaseSafety.Fault, is DescriptorLimit.Fault, is FreePort.Fault:
            78
        case let error as PostgresError where error.code == .invalidConfiguration: 78
        case let error as DumpError: error.kind == .programsMissing ? 78 : 1
        case let error as PrivateClusterError: error.kind.isForThePersonToMend ? 78 : 1
        default: 1
        }
    }
}

extension PrivateClusterError.Kind {
    /// Whether it stays as it is until somebody changes the machine.
    fileprivate var isForThePersonToMend: Bool {
        switch self {
        case .programsMissing, .wrongVersion: true
        default: false
        }
    }
}

extension DaemonConfiguration.LogLevel {
    fileprivate var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}
