import Logging
import ServiceLifecycle
import Synchronization
import TrackCore
import TrackEvaluators

/// One attempt at a job: the evaluation, the heartbeat beside it, and the end of whichever comes first.
struct Attempt: Sendable {
    let job: ClaimedJob
    let pass: AttemptPass
    let connection: WorkerConnection
    let evaluators: WorkerEvaluators
    let verifier: CheckpointVerifier
    let documents: DocumentFile
    let kept: KeptDomains
    /// How many vocabulary types of each domain to ask for.
    let types: Int
    let drainLimit: Duration
    let clock: any Clock<Duration>
    /// From 0 to 1.
    let jitter: @Sendable () -> Double
    let logger: Logger

    /// Nil when the task was cancelled.
    func run(id: RunID) async -> AttemptEnd? {
        let progress = ProgressBox()
        return await withTaskGroup(of: AttemptEnd?.self) { group in
            group.addTask { await evaluate(id: id, progress: progress) }
            group.addTask { await keepLease(progress: progress) }
            group.addTask { await waitForDrain() }
            for await end in group {
                // The others are cancelled, and awaited where the group ends: the evaluator is gone before anything is said of the attempt.
                if let end {
                    group.cancelAll()
                    return end
                }
            }
            return nil
        }
    }

    private func evaluate(id: RunID, progress: ProgressBox) async -> AttemptEnd? {
        do {
            let path = try await verifier.folder(of: job.checkpoint)
            let file = try await documents.path(of: job.revision, from: connection)
            let domains = job.revision.domains.enumerated().map {
                EvaluationRequest.Domain(index: $0.offset, name: $0.element.name, documents: $0.element.documents)
            }
            progress.set(JobProgress(domainsDone: 0, domains: domains.count, tokensDone: 0))
            let request = EvaluationRequest(
                id: id.description, checkpoint: .init(path: path, digest: job.checkpoint.description.digest), scoring: job.scoring,
                documents: file, domains: domains, types: types)
            return .result(
                try await evaluators.evaluate(job.evaluator, request, kept.memory(of: request, documents: file)) { progress.set($0) })
        } catch {
            if Task.isCancelled { return nil }
            return .failed(AttemptFailure(error))
        }
    }

    /// Beats until told to stop. Without contact it beats on: the evaluation goes on, and the fence decides later.
    private func keepLease(progress: ProgressBox) async -> AttemptEnd? {
        do {
            while true {
                try await clock.sleep(for: .seconds(job.beatSeconds * (0.8 + 0.4 * jitter())))
                do {
                    switch try await connection.beat(pass, BeatRequest(progress: progress.value)).instruction {
                    case .goOn: break
                    case .cancel: return .cancelled
                    case .lost: return .lost
                    }
                } catch {
                    try Task.checkCancellation()
                    logger.warning("heartbeat not delivered", metadata: ["job.id": "\(job.job)", "error": "\(error)"])
                }
            }
        } catch {
            return nil
        }
    }

    private func waitForDrain() async -> AttemptEnd? {
        do {
            try await gracefulShutdown()
            try await clock.sleep(for: drainLimit)
            return .released
        } catch {
            return nil
        }
    }
}

/// The newest progress, written by the evaluation and read by the heartbeat.
private final class ProgressBox: Sendable {
    private let box = Mutex<JobProgress?>(nil)

    var value: JobProgress? { box.withLock { $0 } }

    func set(_ progress: JobProgress) { box.withLock { $0 = progress } }
}
