import FoundationEssentials
import Logging
import Postgres
import SystemPackage
import TrackStore

/// The PostgreSQL server of one test process, and on it a database with the product's schema that every test's own database is copied from.
///
/// With `TRACK_TEST_DATABASE` set to the folder of a server's socket that server is used, as the role in `PGUSER` or `track`; otherwise the
/// process makes a private cluster, which ends with it. Tests create and drop databases, so nothing but a Unix socket is accepted.
actor TestServer {
    static let shared = TestServer()

    /// So many tests have a database at a time, so that their connections stay under the private cluster's limit of 50.
    private static let maximumDatabases = 4
    private static let poolSize = 10
    private static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// A server with its template.
    private struct Place: Sendable {
        var folder: String
        var port: Int
        var user: String
        var template: String
        /// For creating and dropping databases.
        var administration: Database
    }

    private var started: Task<Place, any Error>?
    private var copies = 0
    private var free = maximumDatabases
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// An empty database with the product's schema; `release` gives it back.
    func acquire() async throws -> (database: Database, name: String) {
        await takeTurn()
        do {
            let place = try await place()
            copies += 1
            let name = "\(place.template)_\(copies)"
            try await Self.administrate(place, "CREATE DATABASE \(name) TEMPLATE \(place.template) STRATEGY file_copy")
            return (Database(configuration: Self.configuration(place, database: name), logger: Self.quiet), name)
        } catch {
            giveTurn()
            throw error
        }
    }

    func release(_ name: String) async throws {
        defer { giveTurn() }
        try await Self.administrate(try await place(), "DROP DATABASE \(name) WITH (FORCE)")
    }

    private func takeTurn() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private func giveTurn() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }

    private func place() async throws -> Place {
        if let started { return try await started.value }
        let task = Task { try await Self.start() }
        started = task
        return try await task.value
    }

    private static func start() async throws -> Place {
        let environment = ProcessInfo.processInfo.environment
        let (folder, port, user): (String, Int, String)
        if let given = environment["TRACK_TEST_DATABASE"] {
            precondition(given.hasPrefix("/"), "TRACK_TEST_DATABASE must be the folder of a Unix socket: tests create and drop databases.")
            (folder, port, user) = (given, 5432, environment["PGUSER"] ?? "track")
        } else {
            let cluster = try await TestCluster.start(logger: quiet)
            (folder, port, user) = (cluster.socketFolder, cluster.port, cluster.superuser)
        }
        var configuration = DatabaseConfiguration(endpoint: .unixSocket(folder: folder, port: port), user: user, database: "postgres")
        configuration.poolSize = 2
        configuration.poolTimeout = .seconds(120)
        let place = Place(
            folder: folder, port: port, user: user, template: "test_\(ProcessInfo.processInfo.processIdentifier)",
            administration: Database(configuration: configuration, logger: quiet))
        try await administrate(place, "DROP DATABASE IF EXISTS \(place.template) WITH (FORCE)")
        try await administrate(place, "CREATE DATABASE \(place.template)")
        let database = Database(configuration: self.configuration(place, database: place.template), logger: quiet)
        _ = try await Migrator(database: database, schema: Schema.name, program: "trackd", migrations: Schema.migrations).apply()
        await database.shutDown()
        return place
    }

    /// - Parameter statement: made of names that this type chose.
    private static func administrate(_ place: Place, _ statement: String) async throws {
        _ = try await place.administration.withoutTransaction("test.database", timeout: .seconds(120)) { db in
            try db.execute(SQL(unchecked: statement))
        }
    }

    private static func configuration(_ place: Place, database: String) -> DatabaseConfiguration {
        var configuration = DatabaseConfiguration(
            endpoint: .unixSocket(folder: place.folder, port: place.port), user: place.user, database: database, schema: Schema.name)
        configuration.applicationName = "track-tests"
        configuration.poolSize = poolSize
        configuration.poolTimeout = .seconds(60)
        return configuration
    }
}
