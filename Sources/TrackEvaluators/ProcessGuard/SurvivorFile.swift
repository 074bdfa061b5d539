import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif
import TrackCore

/// A note about a running evaluator, `<folder>/<pid>.json`, from which a later process can end it.
///
/// The guard ends an evaluator whose worker died within its grace; the note lets the next worker end it at once. A process number alone
/// proves nothing, because numbers are used again: the start time must match as well.
struct SurvivorFile: Codable, Equatable {
    /// The guard, which leads the evaluator's process group.
    var pid: Int32
    /// When it started, in clock ticks since boot (field 22 of `/proc/<pid>/stat`).
    var start: UInt64

    /// The process as it is now; nil when it has gone.
    init?(pid: Int32) {
        guard let start = Self.startTime(of: pid) else { return nil }
        self.pid = pid
        self.start = start
    }

    /// Writes the note, whole or not at all.
    func write(in folder: FilePath) throws {
        try JSONEncoder().encode(self).write(to: URL(filePath: Self.path(of: pid, in: folder).string), options: .atomic)
    }

    static func remove(pid: Int32, in folder: FilePath) {
        try? FileManager.default.removeItem(atPath: path(of: pid, in: folder).string)
    }

    /// Kills the process groups that the notes in a folder name and that still are what the notes say, and removes the notes.
    ///
    /// - Returns: How many groups were killed.
    static func killAll(in folder: FilePath) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
        var killed = 0
        for name in names where name.hasSuffix(".json") {
            let path = folder.appending(name).string
            if let data = FileManager.default.contents(atPath: path), let note = try? JSONDecoder().decodeChecked(Self.self, from: data) {
                // 1 and less would address every process, or our own group.
                if note.pid > 1, note == SurvivorFile(pid: note.pid), getpgid(note.pid) == note.pid, kill(-note.pid, SIGKILL) == 0 {
                    killed += 1
                }
            }
            try? FileManager.default.removeItem(atPath: path)
        }
        return killed
    }

    private static func path(of pid: Int32, in folder: FilePath) -> FilePath {
        folder.appending("\(pid).json")
    }

    /// The program's name, field 2, may hold spaces and brackets; the fields are counted from its last bracket.
    private static func startTime(of pid: Int32) -> UInt64? {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[bracket...].dropFirst().split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }
}
