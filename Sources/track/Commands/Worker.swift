import ArgumentParser
import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle
import TrackClient
import TrackCore
import TrackEvaluators
import TrackWorker
import UnixSignals

struct Worker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Evaluate what is queued on this machine, until told to stop.",
        discussion: """
            The evaluator is a Python with track_evaluator; TRACK_EVALUATOR_PYTHON names it. Further ones are in evaluators.json of the \
            state folder (`track evaluators list`); a worker takes the jobs whose evaluator it has. Checkpoints must be reachable under \
            the paths at which they were registered. On SIGTERM and SIGINT a running evaluation may finish within a minute; else the job \
            is given back.
            """)

    @Option(help: "Its folder; one worker at a time uses it. (default: worker in the state folder)")
    var folder: String?

    @Option(help: "Which Python runs the evaluator. (default: TRACK_EVALUATOR_PYTHON, else python3)")
    var python: String?

    @Option(
        name: .customLong("checkpoint-root"),
        help: "Read checkpoints below this folder only; may be repeated. (default: TRACK_CHECKPOINTS_ROOTS, else any folder)")
    var checkpointRoots: [String] = []

    @Option(
        help: ArgumentHelp(
            "How many vocabulary types of each domain are listed with their loss, 0 to \(TypeLosses.maximum). "
                + "(default: TRACK_EVALUATOR_TYPES, else \(TypeLosses.usual))"))
    var types: Int?

    func run() async throws {
        let context = try CommandContext()
        let spool = try context.spool()
        let roots = try roots(context.environment)
        let types = try types(context.environment)
        let catalog = try context.evaluators(python: python)
        let folder = try WorkerFolder(path: folder ?? context.folder.path + "/worker", user: catalog.user)
        let logger = Logger(label: "track.worker") { StreamLogHandler.standardError(label: $0) }
        let host = EvaluatorHost(
            catalog: catalog, workFolder: folder.evaluators, noteFolder: folder.running, silenceLimit: WorkerConfiguration.silenceLimit)
        try await context.withClient { client in
            let worker = TrackWorker(
                configuration: WorkerConfiguration(
                    folder: folder.path, host: ProcessInfo.processInfo.hostName, pid: getpid(), isEmbedded: false,
                    checkpointRoots: roots, evaluators: catalog.names, types: types),
                folder: folder, connection: WorkerConnection(client: client, spool: spool), evaluators: WorkerEvaluators(host),
                now: { Timestamp(Date()) }, logger: logger)
            let group = ServiceGroup(
                services: [worker], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
            try await group.run()
        }
    }

    private func types(_ environment: [String: String]) throws -> Int {
        let given = environment["TRACK_EVALUATOR_TYPES"].flatMap { $0.isEmpty ? nil : $0 }
        let number = types ?? given.map { Int($0) ?? -1 } ?? TypeLosses.usual
        guard (0...TypeLosses.maximum).contains(number) else {
            throw ClientConfigurationError("--types and TRACK_EVALUATOR_TYPES must be from 0 to \(TypeLosses.maximum).")
        }
        return number
    }

    private func roots(_ environment: [String: String]) throws -> CheckpointRoots {
        let given = (environment["TRACK_CHECKPOINTS_ROOTS"] ?? "").split(separator: ",").map(String.init)
        do {
            return try CheckpointRoots(checkpointRoots.isEmpty ? given : checkpointRoots)
        } catch {
            throw ClientConfigurationError(error.description)
        }
    }
}
