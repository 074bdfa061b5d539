import FoundationEssentials
import Glibc
import Testing

/// A PostgreSQL server that is not trackd's own, as `database.url` names one: a folder of data, and the folder of the socket that it
/// answers at, which another server can take over.
struct ForeignServer: Sendable {
    let data: String
    let address: String

    /// Makes an empty server with the database `track`, and starts it.
    static func make(_ data: String, at address: String) async throws -> ForeignServer {
        let server = ForeignServer(data: data, address: address)
        try await run("initdb", "-D", data, "-U", "track", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        try await server.start()
        try await run("createdb", "-h", address, "-U", "track", "track")
        return server
    }

    /// A folder that the server's user can write to.
    static func folder(_ path: String) throws -> String {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        chmod(path, 0o777)
        return path
    }

    var url: String { "postgresql:///track?host=\(address)&user=track" }

    func start(at other: String? = nil) async throws {
        try await Self.run(
            "pg_ctl", "start", "-w", "-D", data, "-l", data + "/log",
            "-o", "-c listen_addresses= -c unix_socket_directories=\(other ?? address)")
    }

    /// - Parameter mode: as pg_ctl names it; `immediate` is the end of a machine.
    func stop(_ mode: String = "fast") async throws { try await Self.run("pg_ctl", "stop", "-m", mode, "-w", "-D", data) }

    /// Makes a standby of this server as it is now, which does not follow it any more.
    func copy(to other: String) async throws -> ForeignServer {
        try await Self.run("pg_basebackup", "-h", address, "-U", "track", "-D", other, "-X", "stream", "-c", "fast")
        return ForeignServer(data: other, address: address)
    }

    /// Starts a stopped copy, or one's own stopped server, as the primary of a new timeline, as a failover does.
    static func promote(_ data: String, at address: String) async throws {
        try await run("touch", data + "/standby.signal")
        try await ForeignServer(data: data, address: address).start()
        try await run("pg_ctl", "promote", "-w", "-D", data)
    }

    /// Ends the servers in a folder that a failed test left.
    static func abandon(_ folder: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            let file = try? Data(contentsOf: URL(filePath: "\(folder)/\(name)/postmaster.pid"))
            let first = file.flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n").first }
            if let pid = first.flatMap({ pid_t($0) }) { kill(pid, SIGQUIT) }
        }
    }

    /// Runs one of PostgreSQL's programs, or one of the system's, as a user that PostgreSQL lets run it.
    private static func run(_ name: String, _ arguments: String...) async throws {
        let programs = try #require(
            try FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql").map { "/usr/lib/postgresql/\($0)/bin" }
                .first { FileManager.default.fileExists(atPath: $0 + "/postgres") })
        let user = geteuid() == 0 ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : ["/usr/bin/env"]
        let words = user + [name] + arguments
        let program = try Program(
            words[0], Array(words.dropFirst()), environment: ["PATH": "\(programs):/usr/bin:/bin", "LC_ALL": "C.UTF-8"],
            log: "/tmp/track-foreign-server-\(getpid())-\(UUID().uuidString.prefix(8)).log")
        defer { unlink(program.log) }
        #expect(try await program.ended(within: .seconds(120)) == 0, "\(name) \(arguments): \(program.errors)")
    }
}
