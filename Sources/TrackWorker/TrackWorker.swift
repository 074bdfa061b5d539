package import Logging
import ServiceLifecycle
import SystemPackage
import TrackClient
package import TrackCore
import TrackEvaluators

/// Claims jobs, has them evaluated and records the results, until it is told to stop. One job at a time.
///
/// Told to stop, it claims nothing more, lets a running evaluation finish within the drain limit, and else gives the job back.
package struct TrackWorker: Service {
    private let configuration: WorkerConfiguration
    private let folder: WorkerFolder
    private let connection: WorkerConnection
    private let evaluators: WorkerEvaluators
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Timestamp
    private let jitter: @Sendable () -> Double
    private let logger: Logger
    private let verifier: CheckpointVerifier

    /// - Parameters:
    ///   - now: the time that a run is dated with.
    ///   - jitter: numbers from 0 to 1 that spread questions and heartbeats.
    package init(
        configuration: WorkerConfiguration, folder: WorkerFolder, connection: WorkerConnection, evaluators: WorkerEvaluators,
        clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Timestamp,
        jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }, logger: Logger
    ) {
        self.configuration = configuration
        verifier = CheckpointVerifier(roots: configuration.checkpointRoots)
        self.folder = folder
        self.connection = connection
        self.evaluators = evaluators
        self.clock = clock
        self.now = now
        self.jitter = jitter
        self.logger = logger
    }

    package func run() async throws {
        let survivors = GuardedProcess.killSurvivors(in: FilePath(folder.running))
        if survivors > 0 { logger.notice("evaluators of an earlier worker ended", metadata: ["evaluators.count": "\(survivors)"]) }
        logger.info("worker started", metadata: ["worker.id": "\(configuration.worker)", "worker.folder": "\(folder.path)"])
        let result: Result<Void, any Error>
        do { result = .success(try await claimUntilStopped()) } catch { result = .failure(error) }
        await evaluators.stop()
        logger.info("worker stopped", metadata: ["worker.id": "\(configuration.worker)"])
        try result.get()
        try Task.checkCancellation()
    }

    private var isStopping: Bool { Task.isCancelled || Task.isShuttingDownGracefully }

    private func claimUntilStopped() async throws {
        var obstacle: String?
        while !isStopping {
            await deliverWaiting()
            guard !isStopping else { break }
            obstacle = look(forObstacleOtherThan: obstacle)
            if obstacle == nil, let claim = await claim() {
                try await work(on: claim)
            } else {
                await pause()
            }
        }
    }

    private func deliverWaiting() async {
        do {
            for note in try await connection.deliverWaiting().notes { logger.notice("spool", metadata: ["spool.note": "\(note)"]) }
        } catch {
            logger.debug("waiting records not delivered", metadata: ["error": "\(error)"])
        }
    }

    /// Nothing is claimed whose result might find no room on this machine. Said once, and once more when it is over.
    private func look(forObstacleOtherThan known: String?) -> String? {
        let found = connection.obstacle()
        switch (known, found) {
        case (nil, let found?): logger.warning("no job is claimed", metadata: ["reason": "\(found)"])
        case (_?, nil): logger.notice("jobs are claimed again")
        case (nil, nil), (_?, _?): break
        }
        return found
    }

    private func claim() async -> ClaimResponse? {
        do {
            return try await connection.claim(configuration.claim)
        } catch {
            if !isStopping { logger.warning("no answer to a claim", metadata: ["error": "\(error)"]) }
            return nil
        }
    }

    /// The poll interval ± a quarter, cut short when the worker is told to stop.
    private func pause() async {
        let (clock, length) = (clock, configuration.pollInterval * (0.75 + 0.5 * jitter()))
        try? await cancelWhenGracefulShutdown { try await clock.sleep(for: length) }
    }

    private func work(on claim: ClaimResponse) async throws {
        let job = claim.job
        var logger = logger
        logger[metadataKey: "job.id"] = "\(job.job)"
        logger[metadataKey: "job.fence"] = "\(job.fence)"
        logger.info("job claimed", metadata: ["checkpoint": "\(job.checkpoint.label)", "revision": "\(job.revision.label)"])
        KeptDomains.sweep(folder.kept, now: now())
        let kept = KeptDomains(job: job, folder: folder, logger: logger)
        let attempt = Attempt(
            job: job, pass: AttemptPass(attempt: job.attempt, token: claim.token), connection: connection, evaluators: evaluators,
            verifier: verifier, documents: DocumentFile(folder: folder), kept: kept, types: configuration.types, drainLimit: configuration.drainLimit,
            clock: clock, jitter: jitter, logger: logger)
        // Made before anything is sent, so that a repeated delivery is the same record.
        let id = RunID.make(at: now())
        guard let end = await attempt.run(id: id) else { return }
        if case .result(let result) = end {
            try await record(result, id: id, of: attempt, logger: logger)
            return kept.forget()
        }
        if end.isFinal { kept.forget() }
        guard let report = end.report else {
            logger.notice("job lost to another attempt")
            return
        }
        logger.log(
            level: report.outcome == .evaluatorFailed ? .error : .notice, "attempt ended without a result",
            metadata: ["attempt.outcome": "\(report.outcome.rawValue)", "attempt.retry": "\(report.retry)", "detail": "\(report.detail)"])
        await say(report, of: attempt, logger: logger)
    }

    /// A result that neither this disk nor the daemon takes is offered to both again, for as long as the worker runs.
    ///
    /// - Throws: ``SpoolError/notDurable(record:cause:)`` with the result when the worker must stop before one of them took it.
    private func record(_ result: EvaluationResult, id: RunID, of attempt: Attempt, logger: Logger) async throws {
        let job = attempt.job
        let run = EvaluationRun(
            id: id, checkpoint: job.checkpoint.key, revision: job.revision.digest, scoring: job.scoring, evaluator: result.evaluator,
            environment: result.environment, effort: result.effort, reason: job.reason, evaluatedAt: now(),
            content: .documents(result.domains))
        var pause = Duration.seconds(1)
        while true {
            do {
                switch try await connection.record(attempt.pass, RecordRunRequest(run: run, attempt: job.attempt)) {
                case .answered(let answer):
                    logger.info("run recorded", metadata: ["run.id": "\(id)", "run.verdict": "\(answer.verdict.rawValue)"])
                case .waiting: logger.warning("run waits in the spool", metadata: ["run.id": "\(id)"])
                }
                return
            } catch SpoolError.notDurable(let record, let cause) {
                logger.error("run nowhere durable yet", metadata: ["run.id": "\(id)", "error": "\(cause)"])
                guard !isStopping else { throw SpoolError.notDurable(record: record, cause: cause) }
            } catch {
                let failure = AttemptFailure(error)
                logger.error("run not recorded", metadata: ["run.id": "\(id)", "error": "\(failure.detail)"])
                return await say(AttemptEnd.failed(failure).report, of: attempt, logger: logger)
            }
            let (clock, length) = (clock, pause)
            try? await cancelWhenGracefulShutdown { try await clock.sleep(for: length) }
            pause = min(pause * 2, .seconds(60))
        }
    }

    /// Tells the daemon how an attempt ended; again while it does not answer, for as long as the lease would last anyway.
    private func say(_ report: EndAttemptRequest?, of attempt: Attempt, logger: Logger) async {
        guard let report else { return }
        var waited = Duration.zero
        var pause = Duration.seconds(1)
        while true {
            do {
                _ = try await connection.endAttempt(attempt.pass, report)
                return
            } catch {
                guard waited < .seconds(attempt.job.leaseSeconds), !isStopping, AttemptFailure(error).retry else {
                    logger.warning("end of an attempt not delivered", metadata: ["error": "\(error)"])
                    return
                }
            }
            let (clock, length) = (clock, pause)
            try? await cancelWhenGracefulShutdown { try await clock.sleep(for: length) }
            waited += pause
            pause = min(pause * 2, .seconds(30))
        }
    }
}
