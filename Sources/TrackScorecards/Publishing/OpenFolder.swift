#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import TrackCore

/// A folder held open. Everything in it is reached through the open folder by one plain name at a time and never through a link, so that
/// whoever can write beside trackd cannot lead it elsewhere, not even between a look and a deed.
struct OpenFolder: ~Copyable {
    let path: String
    let descriptor: Int32

    /// - Parameter path: the administrator's own word; links in it are followed.
    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.problem("open the folder", path) }
    }

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// A folder in this one; made unless it is there.
    func folder(named name: String, makes: Bool) throws -> OpenFolder {
        try check(name)
        if makes { guard mkdirat(descriptor, name, 0o755) == 0 || errno == EEXIST else { throw problem("make the folder", name) } }
        let child = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard child >= 0 else { throw problem("open the folder", name) }
        return OpenFolder(path: path + "/" + name, descriptor: child)
    }

    /// A plain file's descriptor, which the caller closes.
    func file(named name: String, _ flags: Int32, mode: mode_t = 0o644) throws -> Int32 {
        try check(name)
        // Nonblocking, so that a pipe under the name does not hang whoever reads it.
        let file = openat(descriptor, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode)
        guard file >= 0 else { throw problem("open", name) }
        var facts = stat()
        guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw Problem(.unavailable, "\(path)/\(name) is not a plain file.")
        }
        return file
    }

    func rename(_ name: String, to target: String) throws {
        guard renameat(descriptor, name, descriptor, target) == 0 else { throw problem("replace", target) }
    }

    func remove(_ name: String) { unlinkat(descriptor, name, 0) }

    func sync() throws {
        guard fsync(descriptor) == 0 else { throw problem("sync", "") }
    }

    /// What the system said, for a person.
    func problem(_ deed: String, _ name: String) -> Problem { Self.problem(deed, name.isEmpty ? path : path + "/" + name) }

    private static func problem(_ deed: String, _ path: String) -> Problem {
        let reason = String(cString: strerror(errno))
        return Problem(.unavailable, "Could not \(deed) \(path): \(reason). What was published before is unchanged.")
    }

    private func check(_ name: String) throws {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")), !name.utf8.contains(0) else {
            throw Problem(.invalid, "\(name.debugDescription) is not the name of a file.")
        }
    }
}
