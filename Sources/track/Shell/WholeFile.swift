import Glibc
import TrackClient

/// A file that is there when it is whole, and not before: written beside its place, synced, and moved there. What a killed command leaves
/// behind has another name (`.part`), which the next one takes over.
final class WholeFile {
    private let path: String
    private let part: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    /// - Throws: `SystemFailure`; ``CommandFailure`` when another command writes the same file.
    init(_ path: String) throws {
        self.path = path
        part = path + ".part"
        descriptor = open(part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw SystemFailure("write \(part)", code: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CommandFailure("Another command is writing \(path).")
        }
        guard ftruncate(descriptor, 0) == 0 else { throw failed("empty") }
    }

    func write(_ bytes: some Collection<UInt8>) throws {
        buffer += bytes
        if buffer.count >= 1 << 16 { try flush() }
    }

    /// Puts it in place, on disk before its name is.
    func finish() throws {
        try flush()
        guard fsync(descriptor) == 0 else { throw failed("sync") }
        guard rename(part, path) == 0 else { throw failed("rename") }
        release()
        let parent = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw SystemFailure("open the folder of \(path)", code: errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw SystemFailure("sync the folder of \(path)", code: errno) }
    }

    /// Leaves nothing. Not after ``finish()``.
    func discard() {
        unlink(part)
        release()
    }

    private func flush() throws {
        var rest = buffer[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failed("write") }
            rest = rest.dropFirst(count)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private func failed(_ what: String) -> SystemFailure { SystemFailure("\(what) \(part)", code: errno) }

    private func release() {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
