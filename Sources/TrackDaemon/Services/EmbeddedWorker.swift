import FoundationEssentials
import Logging
import ServiceLifecycle
import TrackClient
import TrackCore
import TrackEvaluators
import TrackWorker
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The worker inside trackd, so that one machine needs one process. It is the same worker as `track worker`, and speaks HTTP to the
/// daemon's own Unix socket.
struct EmbeddedWorker: Service {
    private let worker: TrackWorker
    private let client: DaemonClient
    private let logger: Logger

    init(
        _ configuration: DaemonConfiguration, socket: String, host: String, now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) throws {
        let catalog = try EvaluatorCatalog(
            python: configuration.python, file: configuration.evaluators, program: EvaluatorCatalog.program(beside: "track"),
            environment: ProcessInfo.processInfo.environment, userName: configuration.evaluatorUser)
        let folder = try WorkerFolder(path: configuration.stateFolder.path + "/worker", user: catalog.user)
        let spool = try Spool(configuration.stateFolder, environment: ProcessInfo.processInfo.environment)
        self.logger = logger
        client = DaemonClient(address: try DaemonAddress("unix:" + socket), token: nil)
        let evaluators = EvaluatorHost(
            catalog: catalog, workFolder: folder.evaluators, noteFolder: folder.running, silenceLimit: configuration.evaluatorSilence)
        worker = TrackWorker(
            configuration: WorkerConfiguration(
                folder: folder.path, host: host, pid: getpid(), isEmbedded: true,
                checkpointRoots: configuration.checkpointRoots, pollInterval: configuration.workerPoll,
                drainLimit: configuration.workerDrain, evaluators: catalog.names, types: configuration.evaluatorTypes),
            folder: folder, connection: WorkerConnection(client: client, spool: spool),
            evaluators: WorkerEvaluators(evaluators), now: now, logger: logger)
    }

    func run() async throws {
        do {
            try await worker.run()
        } catch {
            if case SpoolError.notDurable(let record, _) = error {
                let text = try? Data(record.frame).base64EncodedString()
                logger.critical("run nowhere durable", metadata: ["run.id": "\(record.id)", "error": "\(error)", "record": "\(text ?? "")"])
            }
            try? await client.shutDown()
            throw error
        }
        try await client.shutDown()
    }
}
