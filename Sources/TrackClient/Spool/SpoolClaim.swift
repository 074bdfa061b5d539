import TrackCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Who holds a record that is being delivered: the process is in the file's name, `<record>.<machine>.<pid>.<start>`.
struct SpoolClaim: Hashable, Sendable {
    let record: String
    /// Eight digits that stand for one boot of one machine and the process numbers that are valid there; nil in the names of version 0.1.
    let machine: String?
    let pid: Int32
    /// The process's start in clock ticks since boot, so that a reused pid is not mistaken; 0 where the system does not tell.
    let start: UInt64

    init(record: String, machine: String?, pid: Int32, start: UInt64) {
        self.record = record
        self.machine = machine
        self.pid = pid
        self.start = start
    }

    /// A claim by this process.
    init(record: String) {
        let pid = getpid()
        self.init(record: record, machine: SpoolClaim.thisMachine, pid: pid, start: SpoolClaim.start(of: pid) ?? 0)
    }

    /// Reads a file name; nil when it is not a claim.
    init?(fileName: String) {
        let parts = fileName.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 || parts.count == 5, parts[1] == "rec", let pid = Int32(parts[parts.count - 2]), pid > 0,
            let start = UInt64(parts[parts.count - 1])
        else { return nil }
        self.init(record: parts[0] + ".rec", machine: parts.count == 5 ? String(parts[2]) : nil, pid: pid, start: start)
    }

    var fileName: String { ([record] + (machine.map { [$0] } ?? []) + ["\(pid)", "\(start)"]).joined(separator: ".") }

    /// Whether the process that made the claim at the given time may still be at work.
    ///
    /// A process of this machine can be looked at. One of another machine, another boot or another container cannot: it keeps its claim for
    /// ``foreignLimit``, which is longer than any request lasts. By the clock of the file system; a claim from the future ends as soon.
    func isHeld(since claimedAt: Timestamp, now: Timestamp) -> Bool {
        guard machine == nil || machine == SpoolClaim.thisMachine else {
            return abs(now.milliseconds - claimedAt.milliseconds) <= SpoolClaim.foreignLimit * 1000
        }
        guard kill(pid, 0) == 0 || errno == EPERM else { return false }
        guard let now = SpoolClaim.start(of: pid) else { return true }
        return now == start
    }

    /// Seconds.
    static let foreignLimit: Int64 = 15 * 60

    /// The boot's own id, and the namespace that process numbers are of: containers of one machine share the boot.
    static let thisMachine: String = {
        let boot = try? SmallFile.contents(of: "/proc/sys/kernel/random/boot_id", limit: 128)
        var link = [CChar](repeating: 0, count: 128)
        let count = readlink("/proc/self/ns/pid", &link, link.count)
        let namespace = link.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
        return String(Digest(of: (boot?.bytes ?? []) + namespace).hex.prefix(8))
    }()

    /// Field 22 of `/proc/<pid>/stat`. The second field is a name that may hold blanks and brackets, so fields count from its end.
    private static func start(of pid: Int32) -> UInt64? {
        guard let contents = try? SmallFile.contents(of: "/proc/\(pid)/stat", limit: 65536) else { return nil }
        let text = String(decoding: contents.bytes, as: UTF8.self)
        guard let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }
}
