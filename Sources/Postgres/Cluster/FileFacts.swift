import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What the private cluster needs to know about files. Nothing here follows a symbolic link in the last component, because some of these
/// folders belong to a less privileged user than the one that reads them.
struct FileFacts: Equatable {
    var owner: uid_t
    var permissions: mode_t
    var isDirectory: Bool

    /// Facts of the entry itself; nil when there is none or it cannot be seen.
    static func of(_ path: FilePath) -> FileFacts? {
        var status = stat()
        guard unsafe lstat(path.string, &status) == 0 else { return nil }
        return FileFacts(status)
    }

    /// Facts of an open file.
    static func of(_ descriptor: FileDescriptor) throws -> FileFacts {
        var status = stat()
        guard unsafe fstat(descriptor.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
        return FileFacts(status)
    }

    private init(_ status: stat) {
        owner = status.st_uid
        permissions = status.st_mode & 0o7777
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
    }

    /// The absolute path without symbolic links; nil, with `errno` set, when it cannot be resolved.
    static func realPath(_ path: FilePath) -> FilePath? {
        guard let resolved = unsafe realpath(path.string, nil) else { return nil }
        defer { unsafe free(resolved) }
        return FilePath(unsafe String(cString: resolved))
    }

    /// At most `limit` bytes of an open file, from `offset` on.
    static func read(_ descriptor: FileDescriptor, from offset: Int64, limit: Int) throws -> [UInt8] {
        try unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit {
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
                let got = try unsafe descriptor.read(fromAbsoluteOffset: offset + Int64(count), into: rest)
                if got == 0 { break }
                count += got
            }
        }
    }

    /// At most `limit` bytes of a regular file, from `offset` on; empty when it cannot be read. A FIFO does not block it.
    static func contents(of path: FilePath, from offset: Int64 = 0, limit: Int = 65_536) -> [UInt8] {
        guard let descriptor = try? FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .noFollow, .nonBlocking]) else {
            return []
        }
        defer { try? descriptor.close() }
        return (try? read(descriptor, from: offset, limit: limit)) ?? []
    }

    /// The length of a file in bytes; 0 when there is none.
    static func size(of path: FilePath) -> Int64 {
        var status = stat()
        return unsafe lstat(path.string, &status) == 0 ? Int64(status.st_size) : 0
    }
}
