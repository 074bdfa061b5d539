import FoundationEssentials
import Glibc
import Testing
import TrackCore

/// Where the daemons of one test run keep their state: a folder that ends with the run, and in it the state of a daemon that was started
/// and stopped once, so that a further one costs a copy and not a new database.
struct Site: Sendable {
    @TaskLocal static var current: Site?

    let root: String
    /// The one that the tests of the API share; they use lineages of their own.
    let shared: RunningDaemon

    static var here: Site { get throws { try #require(current) } }

    /// A state folder as a stopped daemon leaves it.
    func folder(_ name: String) throws -> StateFolder {
        let path = "\(root)/\(name)"
        try Site.copy(root + "/template", to: path)
        return StateFolder(path: path)
    }

    /// Runs a daemon on a folder of its own.
    func daemon(_ name: String, environment: [String: String] = [:]) async throws -> RunningDaemon {
        try await RunningDaemon(try folder(name), environment: environment)
    }

    static func open(_ body: () async throws -> Void) async throws {
        sweep()
        let root = "\(parent)/\(prefix)\(getpid())"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        chmod(root, 0o755)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let first = try await RunningDaemon(StateFolder(path: root + "/template"))
        try await first.stop()
        try copy(root + "/template", to: root + "/shared")
        let shared = try await RunningDaemon(StateFolder(path: root + "/shared"))
        let result: Result<Void, any Error>
        do { result = .success(try await $current.withValue(Site(root: root, shared: shared), operation: body)) } catch {
            result = .failure(error)
        }
        try await shared.stop()
        try result.get()
    }

    private static let prefix = "track-daemons-"

    /// Ends the daemons of test processes that died, and removes what they left.
    private static func sweep() {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: parent)) ?? [] {
            guard name.hasPrefix(prefix), let owner = pid_t(name.dropFirst(prefix.count)), !Program.isAlive(owner) else { continue }
            for folder in (try? files.contentsOfDirectory(atPath: "\(parent)/\(name)")) ?? [] {
                // A daemon's lock holds its process number.
                guard let lock = try? Data(contentsOf: URL(filePath: "\(parent)/\(name)/\(folder)/trackd.lock")),
                    let pid = pid_t(String(decoding: lock, as: UTF8.self).prefix { $0.isNumber }),
                    let program = try? files.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe"), program.hasSuffix("/trackd")
                else { continue }
                kill(pid, SIGKILL)
            }
            try? files.removeItem(atPath: "\(parent)/\(name)")
        }
    }

    /// Memory, where there is room: a private database waits for its disk, as it must.
    private static var parent: String {
        let free = try? FileManager.default.attributesOfFileSystem(forPath: "/dev/shm")[.systemFreeSize] as? Int
        return (free ?? 0) > 2 << 30 ? "/dev/shm" : "/var/tmp"
    }

    /// With owners and modes.
    static func copy(_ from: String, to: String) throws {
        let program = try Program("/bin/cp", ["-a", from, to], environment: [:], log: "/dev/null")
        var status: Int32 = 0
        waitpid(program.pid, &status, 0)
        #expect(status == 0)
    }
}

/// Gives a suite and all suites in it one ``Site``.
struct SiteTrait: SuiteTrait, TestScoping {
    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        try await Site.open(function)
    }
}

/// Everything that needs a running daemon.
@Suite(SiteTrait()) struct DaemonTests {}
