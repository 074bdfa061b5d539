import FoundationEssentials
import Logging
import Postgres
import SystemPackage
import TrackStore

/// The PostgreSQL server of one test process, and on it a database with the product's schema that every test's own database is copied from.
///
/// With `TRACK_TEST_DATABASE` set to the folder of a server's socket that server is used, as the role in `PGUSER` or `track`; otherwise the
/// process makes a private cluster, which ends with it. Tests create and drop databases, so nothing but a Unix socket is accepted.
package actor TestServer {
    package static let shared = TestServer()

    private var started: Task<Place, any Error>?
    private var copies = 0

    struct Place: Sendable {
        var folder: String
        var port: Int
        var user: String
        var template: String
    }

    private static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// An empty database with the product's schema. The caller drops it.
    func makeDatabase() async throws -> (database: Database, configuration: DatabaseConfiguration) {
        let place = try await place()
        copies += 1
        let name = "\(place.template)_\(copies)"
        try await Self.administrate(place) { db in
            try db.execute(SQL(unchecked: "CREATE DATABASE \(name) TEMPLATE \(place.template) STRATEGY file_copy"))
        }
        let configuration = Self.configuration(place, database: name)
        return (Database(configuration: configuration, logger: Self.quiet), configuration)
    }

    func drop(_ configuration: DatabaseConfiguration) async throws {
        try await Self.administrate(try await place()) { db in
            try db.execute(SQL(unchecked: "DROP DATABASE \(configuration.database) WITH (FORCE)"))
        }
    }

    private func place() async throws -> Place {
        if let started { return try await started.value }
        let task = Task { try await Self.start() }
        started = task
        return try await task.value
    }

    private static func start() async throws -> Place {
        let environment = ProcessInfo.processInfo.environment
        var place: Place
        if let folder = environment["TRACK_TEST_DATABASE"] {
            precondition(folder.hasPrefix("/"), "TRACK_TEST_DATABASE must be the folder of a Unix socket: tests create and drop databases.")
            place = Place(folder: folder, port: 5432, user: environment["PGUSER"] ?? "track", template: "")
        } else {
            let cluster = try await TestCluster.start(logger: quiet)
            place = Place(folder: cluster.socketFolder, port: cluster.port, user: cluster.superuser, template: "")
        }
        place.template = "test_\(ProcessInfo.processInfo.processIdentifier)"
        try await makeTemplate(at: place)
        return place
    }

    private static func makeTemplate(at place: Place) async throws {
        try await administrate(place) { db in
            try db.execute(SQL(unchecked: "DROP DATABASE IF EXISTS \(place.template) WITH (FORCE)"))
            try db.execute(SQL(unchecked: "CREATE DATABASE \(place.template)"))
        }
        let database = Database(configuration: configuration(place, database: place.template), logger: quiet)
        _ = try await Migrator(database: database, schema: Schema.name, program: "trackd", migrations: Schema.migrations).apply()
        await database.shutDown()
    }

    private static func administrate(_ place: Place, _ body: @Sendable (Session) throws -> Void) async throws {
        let database = Database(configuration: configuration(place, database: "postgres"), logger: quiet)
        do {
            try await database.withoutTransaction("test.database", timeout: .seconds(120), body)
        } catch {
            await database.shutDown()
            throw error
        }
        await database.shutDown()
    }

    private static func configuration(_ place: Place, database: String) -> DatabaseConfiguration {
        var configuration = DatabaseConfiguration(
            endpoint: .unixSocket(folder: place.folder, port: place.port), user: place.user, database: database, schema: Schema.name)
        configuration.applicationName = "track-tests"
        configuration.poolSize = 12
        configuration.poolTimeout = .seconds(60)
        return configuration
    }
}
