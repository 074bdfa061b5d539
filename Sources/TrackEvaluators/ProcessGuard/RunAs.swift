#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The unprivileged user as whom root runs an evaluator.
package struct RunAs: Sendable, Equatable {
    package var uid: UInt32
    package var gid: UInt32

    package init(uid: UInt32, gid: UInt32) {
        self.uid = uid
        self.gid = gid
    }

    /// Looks the user up. Nil when this process is not root: then evaluators run as itself, and the name has no effect.
    ///
    /// - Throws: ``GuardedProcessError/noSuchUser(_:)`` for a name that the system does not know, or that is root itself.
    package static func named(_ name: String) throws(GuardedProcessError) -> RunAs? {
        guard geteuid() == 0 else { return nil }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil, entry.pw_uid != 0 else {
            throw .noSuchUser(name)
        }
        return RunAs(uid: entry.pw_uid, gid: entry.pw_gid)
    }
}
