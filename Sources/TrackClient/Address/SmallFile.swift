#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Reading a whole small file without full Foundation.
package enum SmallFile {
    package struct Contents: Sendable {
        package let bytes: [UInt8]
        /// Permission bits.
        package let mode: UInt32
    }

    /// Nil when the file is missing. A file of more than `limit` bytes fails with EFBIG, anything but a plain file with EINVAL.
    package static func contents(of path: String, limit: Int, followLinks: Bool = true) throws(SystemFailure) -> Contents? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followLinks ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw SystemFailure("read \(path)", code: errno)
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw SystemFailure("read \(path)", code: errno) }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw SystemFailure("read \(path)", code: EINVAL) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(Int(facts.st_size), limit) + 1)
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemFailure("read \(path)", code: errno)
            }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else { throw SystemFailure("read \(path)", code: EFBIG) }
        }
        return Contents(bytes: bytes, mode: UInt32(facts.st_mode & 0o7777))
    }
}
