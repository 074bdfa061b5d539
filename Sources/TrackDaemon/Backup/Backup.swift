import FoundationEssentials
package import Logging
import Postgres
import SystemPackage
import TrackCore
import TrackStore
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Where a backup goes.
package enum BackupTarget: Sendable {
    case file(String)
    /// A file named after the time, in this folder.
    case folder(String)

    fileprivate func path(at time: TrackCore.Timestamp) -> FilePath {
        switch self {
        case .file(let path): FilePath(path)
        case .folder(let folder):
            // For example track-20261123T054107Z.dump.
            FilePath(folder).appending("track-" + time.description.prefix(19).filter { $0 != "-" && $0 != ":" } + "Z.dump")
        }
    }
}

extension Daemon {
    /// Writes a backup of the database, which may be in use; a private one whose daemon is stopped is started for it.
    ///
    /// The dump has its name only when it was read back whole and its manifest is beside it.
    package static func backup(
        _ configuration: DaemonConfiguration, to target: BackupTarget, logger: Logger
    ) async throws -> (file: String, manifest: BackupManifest) {
        let logger = quiet(logger)
        let now = TrackCore.Timestamp(Date())
        let path = target.path(at: now)
        return try await withBackupDatabase(configuration, logger: logger) { settings in
            let source = try await BackupSource.look(at: settings, logger: logger)
            let dump = SchemaDump(programs: try await ClientPrograms.find(version: source.serverVersion), configuration: settings)
            let file = try BackupFile(path)
            let list = try BackupFile(FilePath(BackupManifest.path(for: path.string)))
            try await dump.write(to: file.descriptor)
            try file.sync()
            let rows = try await dump.rows(in: file.path)
            let (bytes, digest) = try file.measure()
            let manifest = BackupManifest(
                format: BackupManifest.formatName, version: 1, trackd: Daemon.version, schemaVersion: source.schemaVersion,
                postgresql: source.serverVersion, epoch: source.epoch, madeAt: now, bytes: bytes, sha256: digest, rows: rows)
            try list.descriptor.writeAll(Array(try WireCoding.encode(manifest, pretty: true)) + [UInt8(ascii: "\n")])
            try list.sync()
            // The dump comes last: whoever sees it finds its manifest.
            try list.finish()
            try file.finish()
            return (path.string, manifest)
        }
    }

    /// Opens the database of the configuration beside a daemon that may be running.
    private static func withBackupDatabase<Value: Sendable>(
        _ configuration: DaemonConfiguration, logger: Logger, _ body: @escaping @Sendable (DatabaseConfiguration) async throws -> Value
    ) async throws -> Value {
        if let url = configuration.databaseURL {
            return try await body(named(try DatabaseConfiguration(url: url.reveal(), schema: Schema.name), "trackd backup"))
        }
        let folder = FilePath(configuration.stateFolder.path)
        guard PrivateCluster.exists(inStateFolder: folder) else {
            throw BackupFault("There is nothing to back up: the state folder \(folder) holds no database. --state-folder names another.")
        }
        let lock: StateFolderLock
        do {
            lock = try StateFolderLock.acquire(folder)
        } catch StateFolderError.inUse {
            let socket = try PrivateCluster.socketFolder(ofStateFolder: folder, serverUser: configuration.databaseUser)
            let settings = DatabaseConfiguration(
                endpoint: .unixSocket(folder: socket), user: "track", database: "track", schema: Schema.name)
            return try await body(named(settings, "trackd backup"))
        }
        return try await withPrivateDatabase(configuration, lock: lock, logger: logger) { try await body(named($0, "trackd backup")) }
    }
}

/// What a database says of itself before it is dumped.
private struct BackupSource: Sendable {
    let serverVersion: Int
    let schemaVersion: Int
    let epoch: Epoch

    static func look(at settings: DatabaseConfiguration, logger: Logger) async throws -> BackupSource {
        try await Daemon.withPool(settings, logger: logger) { database in
            try await database.read("backup.source") { db in
                let schemaVersion = try Schema.version(in: db) ?? 0
                guard schemaVersion <= Schema.version else {
                    throw BackupFault(
                        "The database was made by a newer trackd (schema version \(schemaVersion)): back it up with that one.")
                }
                guard schemaVersion >= RestoreScript.oldestVersion else {
                    throw BackupFault("""
                        The database has schema version \(schemaVersion), from before `trackd backup`. Start trackd once, or run \
                        `trackd migrate` for a database of your own; until then pg_dump works.
                        """)
                }
                return BackupSource(
                    serverVersion: try Schema.serverVersion(in: db), schemaVersion: schemaVersion, epoch: try EpochStore.current(in: db))
            }
        }
    }
}
