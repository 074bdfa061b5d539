import FoundationEssentials
package import Logging
import Postgres
import SystemPackage
import TrackCore
import TrackStore

extension Daemon {
    /// Loads a backup into an empty database, whole or not at all, and begins a new epoch there.
    ///
    /// - Returns: the manifest of what was restored.
    package static func restore(_ configuration: DaemonConfiguration, from file: String, logger: Logger) async throws -> BackupManifest {
        let logger = quiet(logger)
        let path = FilePath(file).isAbsolute ? FilePath(file) : workingFolder.appending(file)
        let manifest = try BackupManifest.read(for: path.string)
        try check(path, against: manifest)
        if let url = configuration.databaseURL {
            try await load(path, manifest, into: try DatabaseConfiguration(url: url.reveal(), schema: Schema.name), logger: logger)
        } else {
            let lock = try StateFolderLock.acquire(FilePath(configuration.stateFolder.path))
            try await withPrivateDatabase(configuration, lock: lock, logger: logger) { settings in
                try await load(path, manifest, into: settings, logger: logger)
            }
        }
        return manifest
    }

    private static func check(_ path: FilePath, against manifest: BackupManifest) throws {
        let found: (bytes: Int64, digest: Digest)
        do {
            let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            found = try descriptor.closeAfter { try BackupFile.measure(descriptor) }
        } catch let error as Errno {
            throw BackupFault("The backup \(path) cannot be read: \(error).")
        }
        guard found.bytes == manifest.bytes, found.digest == manifest.sha256 else {
            throw BackupFault("""
                The backup \(path) is damaged: it has \(found.bytes) bytes with the digest \(found.digest.short)…, its manifest says \
                \(manifest.bytes) bytes with \(manifest.sha256.short)…. Nothing was restored.
                """)
        }
    }

    private static func load(
        _ path: FilePath, _ manifest: BackupManifest, into settings: DatabaseConfiguration, logger: Logger
    ) async throws {
        let settings = named(settings, "trackd restore")
        try await withPool(settings, logger: logger) { database in
            let version = try await database.read("restore.version") { db in try Schema.serverVersion(in: db) }
            guard version >= manifest.postgresql else {
                throw BackupFault(
                    "The backup was made on PostgreSQL \(manifest.postgresql); this server is \(version), which may not read it.")
            }
            let dump = SchemaDump(programs: try await ClientPrograms.find(version: version), configuration: settings)
            do {
                try await dump.load(path, opening: RestoreScript.opening, closing: RestoreScript.closing(rows: manifest.rows))
            } catch let error as DumpError {
                throw BackupFault(error.description + " The database is as it was.")
            }
            _ = try await Migrator(database: database, schema: Schema.name, program: "trackd", migrations: Schema.migrations).apply()
        }
    }

    /// A pool for a command: it ends with it.
    static func withPool<Value: Sendable>(
        _ settings: DatabaseConfiguration, logger: Logger, _ body: (Database) async throws -> Value
    ) async throws -> Value {
        let database = Database(configuration: settings, logger: logger)
        let result: Result<Value, any Error>
        do { result = .success(try await body(database)) } catch { result = .failure(error) }
        await database.shutDown()
        return try result.get()
    }

    private static var workingFolder: FilePath { FilePath(FileManager.default.currentDirectoryPath) }
}
