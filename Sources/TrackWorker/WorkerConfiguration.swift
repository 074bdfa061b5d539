package import FoundationEssentials
import TrackCore

/// How a worker behaves.
package struct WorkerConfiguration: Sendable {
    /// Its folder: documents, evaluators' working folders and notes about running ones. One worker at a time uses it.
    package var folder: String
    /// New at every start of a worker process.
    package var worker: UUID
    package var host: String
    package var pid: Int32
    /// Whether it runs inside trackd.
    package var isEmbedded: Bool
    /// Where the checkpoints lie that it may read; anywhere by default.
    package var checkpointRoots: CheckpointRoots
    /// Between two questions for work when there is none, ± a quarter. 2 s by default.
    package var pollInterval: Duration
    /// How long an evaluation may go on after the worker was told to stop. 60 s by default.
    package var drainLimit: Duration
    /// The evaluators that this machine can start; nil for any.
    package var evaluators: [String]?
    /// How many vocabulary types of each domain an evaluator is asked to list; 0 for none.
    package var types: Int

    package init(
        folder: String, worker: UUID = UUID(), host: String, pid: Int32, isEmbedded: Bool, checkpointRoots: CheckpointRoots = .any,
        pollInterval: Duration = .seconds(2), drainLimit: Duration = .seconds(60), evaluators: [String]? = nil,
        types: Int = TypeLosses.usual
    ) {
        self.folder = folder
        self.worker = worker
        self.host = host
        self.pid = pid
        self.isEmbedded = isEmbedded
        self.checkpointRoots = checkpointRoots
        self.pollInterval = pollInterval
        self.drainLimit = drainLimit
        self.evaluators = evaluators
        self.types = types
    }

    /// How long an evaluator that owes a message may say nothing, by default.
    package static let silenceLimit: Duration = .seconds(600)

    var claim: ClaimRequest { ClaimRequest(worker: worker, host: host, pid: pid, embedded: isEmbedded, evaluators: evaluators) }
}
