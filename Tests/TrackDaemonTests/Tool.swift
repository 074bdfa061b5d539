import FoundationEssentials
import Glibc
import SystemPackage
import TrackCore

/// The product's programs, as a person runs them.
enum Tool {
    /// Beside the test bundle, where the package manager puts all products.
    static func path(of name: String) throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let beside = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
        return FilePath(beside).removingLastComponent().appending(name).string
    }

    /// Starts `track` or `trackd` on a state folder.
    static func start(_ name: String, _ arguments: [String], on folder: StateFolder, output: String = "/dev/null") throws -> Program {
        try Program(
            try path(of: name), arguments,
            environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path, "LC_ALL": "C.UTF-8", "TRACK_STATE_FOLDER": folder.path],
            log: folder.path + ".\(UUID().uuidString.prefix(8)).log", output: output)
    }

    /// Runs it to its end.
    ///
    /// - Returns: its exit status, and what it said on standard error.
    static func run(_ name: String, _ arguments: String..., on folder: StateFolder) async throws -> (status: Int32?, errors: String) {
        let program = try start(name, arguments, on: folder)
        let status = try await program.ended(within: .seconds(120))
        return (status, program.errors)
    }

    /// Runs it to its end.
    ///
    /// - Returns: its exit status, and what it said on standard output and on standard error.
    static func ask(
        _ name: String, _ arguments: String..., on folder: StateFolder
    ) async throws -> (status: Int32?, output: String, errors: String) {
        let output = folder.path + ".\(UUID().uuidString.prefix(8)).out"
        let program = try start(name, arguments, on: folder, output: output)
        let status = try await program.ended(within: .seconds(120))
        return (status, String(decoding: try Data(contentsOf: URL(filePath: output)), as: UTF8.self), program.errors)
    }
}
