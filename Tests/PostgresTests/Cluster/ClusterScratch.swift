import FoundationEssentials
import Logging
import Subprocess
import SystemPackage

@testable import Postgres

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A folder of a test's own that the server's user can reach, removed with the value.
final class ClusterScratch: Sendable {
    let folder: FilePath

    init(_ suffix: String = "") throws {
        folder = FilePath("/tmp/cluster-\(UInt32.random(in: 0 ... .max))\(suffix)")
        try FileManager.default.createDirectory(
            atPath: folder.string, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    }

    /// A folder that already holds a cluster, copied from one that is made once per test run.
    static func withCluster(_ suffix: String = "") async throws -> ClusterScratch {
        let template = try await Self.template.value
        let scratch = try ClusterScratch(suffix)
        try await scratch.shell("cp -a \(template.folder)/postgres \(scratch.folder)/postgres")
        return scratch
    }

    /// Named after the process, so that its end can find it: a static value is never released.
    private static let template = Task {
        let scratch = try ClusterScratch("-template-of-\(getpid())")
        atexit {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? []
            for name in names where name.hasSuffix("-template-of-\(getpid())") {
                try? FileManager.default.removeItem(atPath: "/tmp/\(name)")
            }
        }
        try await scratch.run { _ in }
        return scratch
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder.string)
    }

    var data: FilePath { folder.appending("postgres/data") }

    func configuration(_ change: (inout PrivateClusterConfiguration) -> Void = { _ in }) throws -> PrivateClusterConfiguration {
        var configuration = PrivateClusterConfiguration(
            lock: try StateFolderLock.acquire(folder), logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        change(&configuration)
        return configuration
    }

    @discardableResult
    func run<Value: Sendable>(_ body: @escaping @Sendable (PrivateCluster) async throws -> Value) async throws -> Value {
        try await PrivateCluster.withRunning(configuration(), body)
    }

    /// The error with which a start is refused.
    func refusal(_ change: (inout PrivateClusterConfiguration) -> Void = { _ in }) async throws -> PrivateClusterError? {
        do {
            try await PrivateCluster.withRunning(configuration(change)) { _ in }
            return nil
        } catch let error as PrivateClusterError {
            return error
        }
    }

    @discardableResult
    func shell(_ script: String) async throws -> String {
        try await Command.output("sh", ["-ec", script])
    }
}

enum Command {
    struct Failure: Error {
        var status: TerminationStatus
        var message: String
    }

    @discardableResult
    static func output(_ program: String, _ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name(program), arguments: Arguments(arguments), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw Failure(status: result.terminationStatus, message: result.standardError)
        }
        return String(result.standardOutput.reversed().drop { $0.isNewline }.reversed())
    }
}

extension PrivateCluster {
    @discardableResult
    func sql(_ text: String) async throws -> String {
        try await Command.output("psql", ["-XqAt", "-h", socketFolder, "-p", "\(port)", "-U", superuser, "-d", database, "-c", text])
    }
}

/// Waits for a condition that must come true; false when a generous deadline passes first.
func eventually(within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return false
}

/// The parent of a process and the other children of that parent.
enum Family {
    static func guardian(of pid: Int32) -> Int32 { Int32(field("PPid", of: pid)) ?? 0 }
    static func owner(of pid: Int32) -> uid_t? { uid_t(field("Uid", of: pid).prefix { $0.isNumber }) }

    static func children(of parent: Int32) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { guardian(of: $0) == parent }
    }

    private static func field(_ name: String, of pid: Int32) -> String {
        let text = String(decoding: FileFacts.contents(of: FilePath("/proc/\(pid)/status")), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") } ?? ""
        return String(line.drop { $0 != "\t" }.dropFirst())
    }
}
