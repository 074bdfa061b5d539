import FoundationEssentials
import SystemPackage
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Reads the small files that an administrator names in the configuration.
enum PlainFile {
    struct Fault: Error {
        /// The rest of a sentence that begins with the file: "cannot be opened: Permission denied".
        let reason: String
    }

    /// - Parameters:
    ///   - isSecret: whether a file that its group or others may read is refused.
    ///   - credentials: the folder in which systemd hands secrets on (`LoadCredential=`); nil without one. Nobody but the service can enter
    ///     it, and where its files carry an access list, the bits of the group are that list's mask (acl(5)), not a group's rights.
    static func contents(
        of path: String, limit: Int, isSecret: Bool = false,
        credentials: String? = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
    ) throws(Fault) -> [UInt8] {
        let descriptor: FileDescriptor
        do {
            // Nonblocking, so that a pipe under the name does not hang the start.
            descriptor = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking])
        } catch {
            throw Fault(reason: "cannot be opened: \(error)")
        }
        defer { try? descriptor.close() }
        var facts = stat()
        guard fstat(descriptor.rawValue, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { throw Fault(reason: "is not a plain file") }
        let others: mode_t = credentials.map { path.hasPrefix($0 + "/") } == true ? 0o037 : 0o077
        if isSecret, facts.st_mode & others != 0 { throw Fault(reason: "can be read by others. Make it private: chmod 600 \(path)") }
        guard facts.st_size <= limit else { throw Fault(reason: "is longer than \(limit) bytes") }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var filled = 0
        do {
            while filled <= limit {
                let count = try bytes.withUnsafeMutableBytes {
                    try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
                }
                if count == 0 { break }
                filled += count
            }
        } catch {
            throw Fault(reason: "cannot be read: \(error)")
        }
        guard filled <= limit else { throw Fault(reason: "is longer than \(limit) bytes") }
        return Array(bytes[..<filled])
    }
}
