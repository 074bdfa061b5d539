import Logging
public import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A PostgreSQL server of one's own: created when it is missing, started, watched, and stopped.
///
/// It listens on a Unix socket only, in a folder that none but its own user and root can enter, with checksums on and with `fsync`,
/// `full_page_writes` and `synchronous_commit` on. Under root it runs as an unprivileged user.
///
/// The form is a scope, because that is what a daemon needs: everything that talks to the database lives inside, so it starts after the
/// server is ready and has ended before the server is stopped.
///
/// ```swift
/// let lock = try StateFolderLock.acquire("/var/lib/track")
/// try await PrivateCluster.withRunning(.init(lock: lock, logger: logger)) { cluster in
///     // connect to cluster.socketFolder, cluster.port, cluster.superuser, cluster.database; migrate; then
///     try await ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
/// }
/// ```
public struct PrivateCluster: Sendable {
    /// The folder of the socket: libpq's `host`.
    public let socketFolder: String
    /// The number in the socket's name: libpq's `port`. Nothing listens on TCP.
    public let port: Int
    /// The only role of a new cluster; it needs no password.
    public let superuser: String
    /// A database that is there from the start, empty, in UTF-8.
    public let database: String
    /// The server's major version, as 15.
    public let version: Int
    /// The postmaster's process number.
    public let pid: Int32
    /// Where the server writes its log.
    public let logFile: FilePath

    /// Where the cluster of a state folder that another process holds listens. It need not run.
    ///
    /// - Throws: ``PrivateClusterError`` when the server's user does not exist.
    public static func socketFolder(ofStateFolder folder: FilePath, serverUser: String, name: String = "track") throws -> String {
        let resolved = FileFacts.realPath(folder) ?? folder
        return ClusterFolder(stateFolder: resolved, name: name, user: try ServerUser.resolve(serverUser)).socket.string
    }

    /// Whether a state folder holds the data of a cluster.
    public static func exists(inStateFolder folder: FilePath) -> Bool {
        FileFacts.of(folder.appending("postgres").appending("data")) != nil
    }

    /// Starts the cluster, runs `body` while it is ready, and stops it.
    ///
    /// Before the start, a server that an earlier daemon left behind is stopped, and half a creation is removed. After `body`, whether it
    /// returned or threw, the server gets a fast shutdown and has ended when this returns.
    ///
    /// If the server ends while `body` runs, `body` is cancelled and the error is the server's end with its reason. Cancelling the caller
    /// cancels `body`; the server stays until `body` is done with it. If this process dies, by `SIGKILL` too, the server shuts down by
    /// itself.
    ///
    /// - Throws: ``PrivateClusterError``; otherwise what `body` throws.
    public static func withRunning<Value: Sendable>(
        _ configuration: PrivateClusterConfiguration, _ body: @escaping @Sendable (PrivateCluster) async throws -> Value
    ) async throws -> Value {
        let start = try await ClusterStart.prepare(configuration)
        let (cluster, server, log) = try await start.run()
        async let _ = log.keepWithinLimit(owner: start.user?.uid ?? geteuid(), configuration.logger)
        let outcome = await withTaskGroup(of: Outcome<Value>.self) { group in
            group.addTask { .serverEnded(await server.ended()) }
            group.addTask {
                do { return .bodyEnded(.success(try await body(cluster))) } catch { return .bodyEnded(.failure(error)) }
            }
            let first = await group.next()
            switch first {
            case .bodyEnded, nil: await server.stop(within: configuration.stopLimit)
            case .serverEnded: group.cancelAll()
            }
            await group.waitForAll()
            return first
        }
        switch outcome {
        case .bodyEnded(let result):
            configuration.logger.info("stopped the private database")
            return try result.get()
        case .serverEnded(let ending):
            throw PrivateClusterError(.ended, start.sentence(of: ending, log: log))
        case nil:
            throw CancellationError()
        }
    }
}

private enum Outcome<Value: Sendable>: Sendable {
    case serverEnded(ServerGuard.Ending)
    case bodyEnded(Result<Value, any Error>)
}
