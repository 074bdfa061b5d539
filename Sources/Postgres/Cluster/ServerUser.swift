import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The unprivileged user as whom the server runs when this process is root: PostgreSQL refuses to run as root.
struct ServerUser: Equatable {
    var name: String
    var uid: uid_t
    var gid: gid_t

    /// The user to change to: nil for a process that is not root, which runs the server as itself.
    static func resolve(_ name: String) throws -> ServerUser? {
        guard geteuid() == 0 else { return nil }
        guard let user = lookUp(name) else {
            throw PrivateClusterError(
                .userMissing(name),
                """
                PostgreSQL does not run as root, and the user "\(name)" that should run it does not exist. \
                Install PostgreSQL (Debian: apt-get install postgresql), which creates the user "postgres", or name another user.
                """)
        }
        guard user.uid != 0 else {
            throw PrivateClusterError(
                .userMissing(name), "PostgreSQL does not run as root, and the user \"\(name)\" is root (uid 0). Name another user.")
        }
        return user
    }

    private static func lookUp(_ name: String) -> ServerUser? {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard unsafe getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil else { return nil }
        return unsafe ServerUser(name: name, uid: entry.pw_uid, gid: entry.pw_gid)
    }
}
