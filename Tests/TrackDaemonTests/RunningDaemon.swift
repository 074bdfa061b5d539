import FoundationEssentials
import Glibc
import Logging
import Postgres
import Testing
import TrackClient
import TrackCore
import TrackStore

/// A real `trackd serve` with its private database, without a worker, on a free port.
struct RunningDaemon: Sendable {
    let folder: StateFolder
    let program: Program

    /// - Parameter mask: octal, of the modes that its files are made with; nil for that of the tests.
    static func start(
        _ folder: StateFolder, _ arguments: [String] = [], environment: [String: String] = [:], leadsGroup: Bool = false,
        mask: String? = nil
    ) throws -> Program {
        let path = try Tool.path(of: "trackd")
        var variables = ["PATH": "/usr/bin:/bin", "HOME": folder.path, "TRACK_HTTP_PORT": "0", "TRACK_WORKER_ENABLED": "false"]
        variables["TRACK_STATE_FOLDER"] = folder.path
        // The tests of tokens ask wrongly more often than anybody else may.
        variables["TRACK_LIMITS_FAILED_AUTHENTICATIONS"] = "100000"
        variables.merge(environment) { $1 }
        var words = [path, "serve"] + arguments
        if let mask { words = ["/bin/sh", "-c", #"umask \#(mask); exec "$@""#, "sh"] + words }
        return try Program(
            words[0], Array(words.dropFirst()), environment: variables, log: folder.path + ".\(UUID().uuidString.prefix(8)).log",
            leadsGroup: leadsGroup)
    }

    init(_ folder: StateFolder, environment: [String: String] = [:], leadsGroup: Bool = false, mask: String? = nil) async throws {
        self.folder = folder
        let program = try RunningDaemon.start(folder, environment: environment, leadsGroup: leadsGroup, mask: mask)
        self.program = program
        let ready = try await eventually(within: .seconds(120)) {
            program.errors.contains("http.address") && program.errors.contains("http.socket") || !Program.isAlive(program.pid)
                ? true : nil
        }
        guard ready == true, program.errors.contains("http.address") else {
            throw Problem(.internal, "trackd did not start: \(program.errors)")
        }
    }

    /// `http://127.0.0.1:…`, or what it was told to listen on.
    var address: String {
        let log = program.errors
        guard let start = log.firstRange(of: "\"http.address\":\"") else { return "" }
        return String(log[start.upperBound...].prefix { $0 != "\"" }).replacing("\\/", with: "/")
    }

    /// - Parameter tries: above 1 the client goes on over a restart of the daemon.
    func with<Value: Sendable>(tries: Int = 1, _ body: (DaemonClient) async throws -> Value) async throws -> Value {
        try await DaemonClient.with(.socket(folder.socket), token: nil) { client in
            var client = client
            client.retry = RetryPolicy(tries: tries, firstDelay: 0.05, longestDelay: 0.5)
            return try await body(client)
        }
    }

    /// Looks into the daemon's own database.
    func read<Value: Sendable>(_ body: @Sendable (Session) throws -> Value) async throws -> Value {
        let settings = DatabaseConfiguration(
            endpoint: .unixSocket(folder: folder.path + "/postgres/socket"), user: "track", database: "track", schema: Schema.name)
        let database = Database(configuration: settings, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let result: Result<Value, any Error>
        do { result = .success(try await database.write("test", timeout: .seconds(120), body)) } catch { result = .failure(error) }
        await database.shutDown()
        return try result.get()
    }

    /// What stops a request.
    func refusal(_ body: (DaemonClient) async throws -> Void) async throws -> Problem? {
        try await with { client in
            do {
                try await body(client)
                return nil
            } catch let problem as Problem {
                return problem
            }
        }
    }

    /// The process number of its database server.
    var server: pid_t? {
        let file = try? Data(contentsOf: URL(filePath: folder.path + "/postgres/data/postmaster.pid"))
        return file.flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n").first }.flatMap { pid_t($0) }
    }

    /// Ends it without warning.
    func kill() async throws {
        program.send(SIGKILL)
        _ = try await program.ended()
    }

    /// Ends everything in its process group without warning.
    func killGroup() async throws {
        program.sendGroup(SIGKILL)
        _ = try await program.ended()
    }

    /// - Returns: its exit status.
    @discardableResult
    func stop() async throws -> Int32? {
        program.send(SIGTERM)
        let status = try await program.ended()
        if Program.isAlive(program.pid), status == nil { program.send(SIGKILL) }
        return status
    }
}
