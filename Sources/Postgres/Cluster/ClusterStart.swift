import Logging
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The way from a state folder to a server that accepts connections.
struct ClusterStart {
    var configuration: PrivateClusterConfiguration
    var folder: ClusterFolder
    var programs: ServerPrograms
    var user: ServerUser?

    /// Everything up to the point where the server can be started.
    static func prepare(_ configuration: PrivateClusterConfiguration) async throws -> ClusterStart {
        let user = try ServerUser.resolve(configuration.serverUser)
        let stateFolder = configuration.lock.folder
        try await ServerCommand.checkReachable(stateFolder, by: user, advice: configuration.folderAdvice)
        let folder = ClusterFolder(stateFolder: stateFolder, name: configuration.name, user: user)
        try folder.claim(user: user)
        let dataVersion = try folder.dataVersion()
        let programs = try await ServerPrograms.find(in: configuration.programs, dataVersion: dataVersion, data: folder.data)
        try await SurvivingServer(folder: folder, logger: configuration.logger).stop(within: configuration.stopLimit)
        let creation = ClusterCreation(
            folder: folder, programs: programs, user: user, name: configuration.name, logger: configuration.logger)
        await creation.removeLeftovers()
        if dataVersion == nil { try await creation.run() }
        return ClusterStart(configuration: configuration, folder: folder, programs: programs, user: user)
    }

    /// Starts the server and waits until it is ready. A start that fails for a passing reason is tried again for ten seconds.
    func run() async throws -> (PrivateCluster, ServerGuard, ServerLog) {
        let began = ContinuousClock.now
        while true {
            let log = ServerLog(folder.log)
            let data = folder.data
            let server = ServerGuard(
                command, as: user, log: folder.log, stopSignal: "INT", isProgram: { ServerProcess.isPostmaster($0, of: data) })
            switch await awaitReady(server) {
            case .ready(let pid):
                configuration.logger.info(
                    "the private database is ready",
                    metadata: ["db.pid": "\(pid)", "db.socket": "\(folder.socket)", "duration": "\(ContinuousClock.now - began)"])
                return (cluster(pid: pid), server, log)
            case .ended(let ending):
                let text = log.text
                if ServerLog.isPassing(text), ContinuousClock.now < began + .seconds(10) {
                    try await Task.sleep(for: .milliseconds(200))
                    continue
                }
                throw PrivateClusterError(.startFailed, "the private database did not start. " + sentence(of: ending, log: log))
            case .late(let limit):
                await server.stop(within: .seconds(10))
                throw PrivateClusterError(
                    .startFailed,
                    "the private database was not ready after \(limit). " + ServerLog.explanation(of: log.text, file: log.file))
            case .cancelled:
                await server.stop(within: configuration.stopLimit)
                throw CancellationError()
            }
        }
    }

    /// How a server ended, why as far as its log tells, and what to do.
    func sentence(of ending: ServerGuard.Ending, log: ServerLog) -> String {
        let how =
            switch ending {
            case .exited(let code, _) where code > 128: "The server (PostgreSQL \(programs.version)) was ended by signal \(code - 128)."
            case .exited(let code, let complaint): "The server (PostgreSQL \(programs.version)) ended with status \(code). \(complaint)"
            case .guardKilled: "The shell that guards the server was killed from outside, so the server was stopped; start again."
            case .notStarted(let reason): "The server could not be run: \(reason)"
            }
        return how + " " + ServerLog.explanation(of: log.text, file: log.file)
    }

    /// Safety is stated here, on the command line, where no configuration file can take it away.
    private var command: [String] {
        let settings = [
            "listen_addresses=", "unix_socket_directories=\(folder.socket)", "unix_socket_permissions=0700", "port=\(ClusterFolder.port)",
            "fsync=on", "full_page_writes=on", "synchronous_commit=on",
            "max_connections=50", "shared_buffers=64MB", "max_wal_size=256MB", "jit=off",
            "cluster_name=\(configuration.name)", "log_timezone=UTC", "timezone=UTC", "log_checkpoints=off", "logging_collector=off",
        ]
        return [programs.postgres.string, "-D", folder.data.string] + settings.flatMap { ["-c", $0] }
    }

    private func cluster(pid: Int32) -> PrivateCluster {
        PrivateCluster(
            socketFolder: folder.socket.string, port: ClusterFolder.port, superuser: configuration.name, database: configuration.name,
            version: programs.version, pid: pid, logFile: folder.log)
    }

    private enum Readiness {
        case ready(pid: Int32)
        case ended(ServerGuard.Ending)
        case late(Duration)
        case cancelled
    }

    private func awaitReady(_ server: ServerGuard) async -> Readiness {
        await withTaskGroup(of: Readiness.self) { group in
            let ended = AsyncStream<ServerGuard.Ending>.makeStream()
            // Unstructured: waiting for the end of a server cannot be cancelled, and this wait must not outlast readiness.
            Task {
                ended.continuation.yield(await server.ended())
                ended.continuation.finish()
            }
            group.addTask {
                for await ending in ended.stream { return .ended(ending) }
                return .cancelled
            }
            group.addTask { await poll(server) }
            let first = await group.next() ?? .cancelled
            group.cancelAll()
            return first
        }
    }

    /// Ready is a socket that answers and a status line that says so. The socket comes first: only the new server can answer on it, and it
    /// has replaced a stale `postmaster.pid` before it listens.
    private func poll(_ server: ServerGuard) async -> Readiness {
        let began = ContinuousClock.now
        let socket = folder.socket.appending(".s.PGSQL.\(ClusterFolder.port)")
        var told = began
        while true {
            if let pid = server.pid, LocalSocket.answers(socket), let file = PostmasterFile(inDataFolder: folder.data),
                file.pid == pid, file.status == .ready
            {
                return .ready(pid: pid)
            }
            let now = ContinuousClock.now
            let isRecovering = server.pid.map { $0 == PostmasterFile(inDataFolder: folder.data)?.pid } ?? false
            let limit = isRecovering ? max(configuration.recoveryLimit, configuration.startLimit) : configuration.startLimit
            if now > began + limit { return .late(limit) }
            if now > told + .seconds(10) {
                told = now
                configuration.logger.notice("the private database is still starting", metadata: ["duration": "\(now - began)"])
            }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return .cancelled }
        }
    }
}
