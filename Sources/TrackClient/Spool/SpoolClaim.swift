#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Who holds a record that is being delivered: the process is in the file's name, `<record>.<pid>.<start>`.
struct SpoolClaim: Hashable, Sendable {
    let record: String
    let pid: Int32
    /// The process's start in clock ticks since boot, so that a reused pid is not mistaken; 0 where the system does not tell.
    let start: UInt64

    init(record: String, pid: Int32, start: UInt64) {
        self.record = record
        self.pid = pid
        self.start = start
    }

    /// A claim by this process.
    init(record: String) {
        let pid = getpid()
        self.init(record: record, pid: pid, start: SpoolClaim.start(of: pid) ?? 0)
    }

    /// Reads a file name; nil when it is not a claim.
    init?(fileName: String) {
        let parts = fileName.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[1] == "rec", let pid = Int32(parts[2]), pid > 0, let start = UInt64(parts[3]) else { return nil }
        self.init(record: parts[0] + ".rec", pid: pid, start: start)
    }

    var fileName: String { "\(record).\(pid).\(start)" }

    /// Whether the process that made the claim still runs on this machine.
    var isHeld: Bool {
        guard kill(pid, 0) == 0 || errno == EPERM else { return false }
        guard let now = SpoolClaim.start(of: pid) else { return true }
        return now == start
    }

    /// Field 22 of `/proc/<pid>/stat`. The second field is a name that may hold blanks and brackets, so fields count from its end.
    private static func start(of pid: Int32) -> UInt64? {
        guard let contents = try? SmallFile.contents(of: "/proc/\(pid)/stat", limit: 65536) else { return nil }
        let text = String(decoding: contents.bytes, as: UTF8.self)
        guard let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }
}
