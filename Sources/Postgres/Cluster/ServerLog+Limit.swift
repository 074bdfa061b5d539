import Logging
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Nobody else bounds the file: the server's own collector truncates one only when the time of the next has come, never for its size.
extension ServerLog {
    /// In bytes. Months of starts, stops and errors; a fault that is logged with every statement fills it within the hour.
    static let limit: Int64 = 16 << 20
    /// What is kept of a log that has reached its limit, in bytes.
    static let kept = 1 << 20

    /// Looks after the log every minute, until it is cancelled.
    func keepWithinLimit(owner: uid_t, _ logger: Logger) async {
        while !Task.isCancelled {
            do {
                if try cut(over: Self.limit, toNewest: Self.kept, owner: owner) {
                    logger.notice("the log of the private database was cut to its newest part", metadata: ["file": "\(file)"])
                }
            } catch {
                logger.warning(
                    "the log of the private database cannot be cut", metadata: ["file": "\(file)", "error": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(60))
        }
    }

    /// Cuts a log that is longer than `limit` to its newest whole lines. The server appends, so that it goes on after them; what it writes
    /// in this very moment is lost.
    ///
    /// - Parameters:
    ///   - kept: in bytes.
    ///   - owner: whose file it must be. The folder is not ours under root, and anything may have been put there.
    /// - Returns: whether it was longer.
    func cut(over limit: Int64, toNewest kept: Int, owner: uid_t) throws -> Bool {
        let descriptor = try FileDescriptor.open(file, .readWrite, options: [.append, .closeOnExec, .noFollow, .nonBlocking])
        return try descriptor.closeAfter {
            let size = try descriptor.seek(offset: 0, from: .end)
            guard size > limit else { return false }
            guard try FileFacts.of(descriptor).owner == owner else { throw Errno.notPermitted }
            let newest = try FileFacts.read(descriptor, from: size - Int64(kept), limit: kept)
            try descriptor.resize(to: 0)
            try descriptor.writeAll(newest.drop { $0 != UInt8(ascii: "\n") }.dropFirst())
            return true
        }
    }
}
