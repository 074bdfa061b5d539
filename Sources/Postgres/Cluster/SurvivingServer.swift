import Logging
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A server of this folder that an earlier daemon left running: both the daemon and the guard were killed.
struct SurvivingServer {
    var folder: ClusterFolder
    var logger: Logger

    /// Ends it, fast first and then at once; returns when its process is gone.
    ///
    /// Nothing is removed: a stale `postmaster.pid` is PostgreSQL's own business, and one of a living process is its lock.
    func stop(within limit: Duration) async throws {
        guard let file = PostmasterFile(inDataFolder: folder.data), file.pid > 1 else { return }
        let pid = file.pid
        guard ServerProcess.isPostmaster(pid, of: folder.data) else { return }
        logger.warning("ending a database server that an earlier daemon left running", metadata: ["db.pid": "\(pid)"])
        for (signal, patience) in [(SIGINT, limit), (SIGQUIT, .seconds(15))] {
            let deadline = ContinuousClock.now + patience
            while ContinuousClock.now < deadline {
                guard ServerProcess.isPostmaster(pid, of: folder.data) else { return }
                // Again and again: a server that has only just started still ignores signals.
                kill(pid, signal)
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        throw PrivateClusterError(
            .survivorStays(pid: pid),
            """
            a PostgreSQL server of an earlier run (pid \(pid)) still uses \(folder.data) and does not end. \
            End it by hand (kill -QUIT \(pid)) and start again.
            """)
    }
}
