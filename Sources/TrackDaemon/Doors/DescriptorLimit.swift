#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Every connection is an open file; a daemon that runs out of them can accept nobody and write nothing.
enum DescriptorLimit {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// For the database, the worker, logs and files under way.
    private static let others = 512

    /// Raises this process's own limit to what two listeners need, and no further: some programs that it starts walk through all of it.
    static func raise(for connections: Int) throws(Fault) {
        let needed = rlim_t(2 * connections + others)
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < needed else { return }
        guard limit.rlim_max >= needed else {
            throw Fault(
                description: "trackd may open \(limit.rlim_max) files, and track.http.connections = \(connections) needs \(needed). "
                    + "Raise the limit (LimitNOFILE= of systemd, ulimit -Hn), or set TRACK_HTTP_CONNECTIONS lower.")
        }
        limit.rlim_cur = needed
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
