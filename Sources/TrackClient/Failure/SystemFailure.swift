#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A system call that failed.
package struct SystemFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, as in "write /var/lib/track/spool/tmp/…".
    package let operation: String
    /// `errno`.
    package let code: Int32

    package init(_ operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    /// The system's words for the code, for example "No space left on device".
    package var reason: String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }

    package var description: String { "cannot \(operation): \(reason)" }

    /// Nothing is there.
    package var isMissing: Bool { code == ENOENT }

    /// The disk or this user's share of it is full.
    package var isOutOfRoom: Bool { code == ENOSPC || code == EDQUOT }
}
