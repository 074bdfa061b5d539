import FoundationEssentials
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A folder that one user alone may enter.
enum PrivateFolder {
    /// Creates the folder if it is missing, gives it to `owner` and closes it for everyone else (mode 0700).
    ///
    /// A symbolic link, a file, and a folder of another user are refused: in a place like `/tmp` anyone may have put them there.
    /// A folder of this process's own user is one that an earlier start created and did not live to give away.
    static func claim(_ path: FilePath, owner: uid_t, group: gid_t) throws {
        if unsafe mkdir(path.string, 0o700) != 0, errno != EEXIST {
            throw refusal(path, "it cannot be created: \(Errno(rawValue: errno))")
        }
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(path, .readOnly, options: [.directory, .noFollow, .closeOnExec])
        } catch {
            let isLink = FileFacts.of(path).map { !$0.isDirectory } ?? false
            throw refusal(path, isLink ? "it is not a folder (a link or a file is in its place)" : "it cannot be opened: \(error)")
        }
        defer { try? descriptor.close() }
        let facts = try FileFacts.of(descriptor)
        guard facts.owner == owner || facts.owner == geteuid() else {
            throw refusal(path, "it belongs to another user (uid \(facts.owner), expected uid \(owner))")
        }
        if facts.owner != owner, fchown(descriptor.rawValue, owner, group) != 0 {
            throw refusal(path, "it cannot be given to uid \(owner): \(Errno(rawValue: errno))")
        }
        if facts.permissions & 0o7777 != 0o700, fchmod(descriptor.rawValue, 0o700) != 0 {
            throw refusal(path, "it cannot be closed for other users: \(Errno(rawValue: errno))")
        }
    }

    private static func refusal(_ path: FilePath, _ reason: String) -> PrivateClusterError {
        PrivateClusterError(.folderRefused(path), "the folder \(path) cannot be used for the private database: \(reason).")
    }
}
