#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import TrackCore

/// Files that a reader sees whole: the old content until the new one is complete and on disk, then the new one.
enum AtomicFile {
    /// Writes beside `name`, syncs, renames over it, and syncs the folder, so that the file is there after a power cut too.
    static func write(_ bytes: [UInt8], named name: String, in folder: String) throws {
        let path = folder + "/" + name
        let temporary = folder + "/." + name + "." + String(UInt64.random(in: .min ... .max), radix: 16) + ".tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw problem("create a file in", folder) }
        do {
            try fill(descriptor, with: bytes, path: path)
            guard rename(temporary, path) == 0 else { throw problem("replace", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try syncFolder(folder)
    }

    /// Makes the folder unless it is there; its parent must exist.
    static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw problem("make the folder", path) }
    }

    private static func fill(_ descriptor: Int32, with bytes: [UInt8], path: String) throws {
        var isOpen = true
        defer { if isOpen { close(descriptor) } }
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Self.write(descriptor, $0) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw problem("write", path) }
            rest = rest.dropFirst(written)
        }
        guard fsync(descriptor) == 0 else { throw problem("sync", path) }
        isOpen = false
        guard close(descriptor) == 0 else { throw problem("close", path) }
    }

    private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }

    private static func syncFolder(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw problem("open the folder", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw problem("sync the folder", path) }
    }

    /// What the system said, for a person. The old file, if any, is still there.
    private static func problem(_ deed: String, _ path: String) -> Problem {
        let reason = String(cString: strerror(errno))
        return Problem(.unavailable, "Could not \(deed) \(path): \(reason). What was published before is unchanged.")
    }
}
