import Foundation
import Logging
import Synchronization
import SystemPackage

@testable import Postgres

#if canImport(Glibc)
    import Glibc
#endif

/// The real PostgreSQL of these tests: the one whose socket folder `POSTGRES_TEST_SOCKET` names, else one that is made for this process and
/// that ends with it, however it ends.
final class ServerUnderTest: Sendable {
    static let shared = ServerUnderTest()

    let socketFolder: String
    /// Open as long as this process lives; the server's guard waits for its end.
    private let lifeline: Pipe?

    private init() {
        if let folder = ProcessInfo.processInfo.environment["POSTGRES_TEST_SOCKET"] {
            precondition(folder.hasPrefix("/"), "POSTGRES_TEST_SOCKET must be the folder of a Unix socket, not \(folder).")
            socketFolder = folder
            lifeline = nil
            return
        }
        let lifeline = Pipe()
        socketFolder = Self.start(endingWith: lifeline)
        self.lifeline = lifeline
        // Exit tests run in a process of their own and use the same server.
        setenv("POSTGRES_TEST_SOCKET", socketFolder, 1)
    }

    /// Everything that libpq would read from the environment, set to what breaks a connection. For exit tests alone: the other suites of
    /// this process read the same variables.
    static func makeEnvironmentHostile() {
        for (name, value) in [
            ("PGHOST", "nowhere.invalid"), ("PGHOSTADDR", "203.0.113.1"), ("PGPORT", "1"), ("PGUSER", "nobody-here"),
            ("PGDATABASE", "nothing"), ("PGOPTIONS", "-c search_path=nowhere -c synchronous_commit=off"), ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", "/nonexistent"), ("PGREQUIREPEER", "nobody-here"), ("PGCLIENTENCODING", "LATIN1"),
            ("PGTARGETSESSIONATTRS", "standby"), ("PGTZ", "Asia/Tokyo"), ("PGDATESTYLE", "German"), ("PGAPPNAME", "wrong"),
            ("PGCHANNELBINDING", "require"), ("PGSSLMINPROTOCOLVERSION", "TLSv1.3"),
        ] {
            setenv(name, value, 1)
        }
    }

    /// Starts a server that ends with the pipe.
    ///
    /// - Parameters:
    ///   - preparation: shell text that runs as the server's user in the new folder, before the server.
    ///   - options: further words for `postgres`.
    static func start(endingWith lifeline: Pipe, preparation: String = ":", options: String = "-c listen_addresses=") -> String {
        var template = Array("/tmp/postgres-tests-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) != nil }
        precondition(made, "No temporary folder for the test server.")
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let guardScript = """
            trap '' INT TERM HUP
            PATH=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1):$PATH
            initdb -D \(folder)/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >\(folder)/initdb.log 2>&1
            cd \(folder)
            \(preparation)
            postgres -D \(folder)/data \(options) -c unix_socket_directories=\(folder) -c fsync=off -c max_connections=200 \
              -c max_prepared_transactions=0 >\(folder)/server.log 2>&1 </dev/null &
            read -r _
            kill -INT $!
            wait $!
            cd /
            rm -rf \(folder)
            """
        let shell = Process()
        if getuid() == 0 {
            guard let postgres = getpwnam("postgres"), chown(folder, postgres.pointee.pw_uid, postgres.pointee.pw_gid) == 0 else {
                preconditionFailure("Under root the test server needs the user postgres.")
            }
            shell.executableURL = URL(filePath: "/usr/sbin/runuser")
            shell.arguments = ["-u", "postgres", "--", "/bin/sh", "-c", guardScript]
        } else {
            shell.executableURL = URL(filePath: "/bin/sh")
            shell.arguments = ["-c", guardScript]
        }
        shell.currentDirectoryURL = URL(filePath: "/")
        shell.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
        shell.standardInput = lifeline
        shell.standardOutput = FileHandle.nullDevice
        do { try shell.run() } catch { preconditionFailure("The test server cannot be started: \(error)") }
        for _ in 0..<600 {
            // The socket is there a while before the server takes connections; one that it refuses until then would be counted by a proxy.
            if PostmasterFile(inDataFolder: FilePath(folder + "/data"))?.status == .ready { return folder }
            usleep(50_000)
        }
        preconditionFailure("The test server did not start; see \(folder).")
    }

    func configuration(schema: String = "public") -> DatabaseConfiguration {
        var configuration = DatabaseConfiguration(
            endpoint: .unixSocket(folder: socketFolder), user: "postgres", database: "postgres", schema: schema)
        configuration.applicationName = "test \(UUID().uuidString)"
        configuration.poolTimeout = .seconds(60)
        return configuration
    }

    /// A database handle whose search path is a new, empty schema.
    func database(_ change: (inout DatabaseConfiguration) -> Void = { _ in }) async throws -> Database {
        var configuration = configuration(schema: "test_" + UUID().uuidString.lowercased())
        change(&configuration)
        let schema = configuration.schema
        let database = Database(configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await database.write("test.schema") { db in
            try db.executeScript(SQL(unchecked: "CREATE SCHEMA IF NOT EXISTS " + Quoting.identifier(schema)))
        }
        return database
    }
}
