import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a running server says of itself in `postmaster.pid`.
///
/// The file's lines are: pid, data folder, start time, port, socket folder, listen address, shared memory key, status. A server that is
/// still starting has written only the first ones. The file survives a crash, so none of it counts without a look at the process.
struct PostmasterFile: Equatable {
    enum Status: Equatable {
        case starting
        case ready
        case stopping
    }

    /// The postmaster; a single-user backend writes its number negated.
    var pid: Int32
    var status: Status

    init?(_ bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, let pid = Int32(first) else { return nil }
        self.pid = pid
        let word = lines.count > 7 ? lines[7].prefix { $0 != " " } : ""
        switch word {
        case "ready", "standby": status = .ready
        case "stopping": status = .stopping
        default: status = .starting
        }
    }

    init?(inDataFolder folder: FilePath) {
        self.init(FileFacts.contents(of: folder.appending("postmaster.pid"), limit: 4_096))
    }
}

/// A process as `/proc` shows it to everyone.
enum ServerProcess {
    /// True while `pid` is a living `postgres` that was started with `-D dataFolder`. A number that another process has taken over is not,
    /// and neither is a process that has ended and only waits to be collected.
    static func isPostmaster(_ pid: pid_t, of dataFolder: FilePath) -> Bool {
        let arguments = FileFacts.contents(of: FilePath("/proc/\(pid)/cmdline"), limit: 16_384)
            .split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard let program = arguments.first, FilePath(program).lastComponent?.string == "postgres" else { return false }
        return zip(arguments, arguments.dropFirst()).contains { $0 == "-D" && $1 == dataFolder.string }
    }
}
