package import TrackCore

/// Keeps one evaluator running from one evaluation to the next, so that libraries are imported once and weights once per checkpoint.
package actor EvaluatorHost {
    private let catalog: EvaluatorCatalog
    private let workFolder: String
    private let noteFolder: String?
    private let silenceLimit: Duration
    private let clock: any Clock<Duration>
    private var running: Running?

    private struct Running {
        let name: String
        let session: EvaluatorSession
        let task: Task<GuardedProcess.Ended<Void>, any Error>
        /// Finishing it lets the evaluator's input end.
        let hold: AsyncStream<Never>.Continuation
    }

    /// - Parameters:
    ///   - workFolder: where working folders are made; the evaluators' user must be able to reach it.
    ///   - noteFolder: where a note about the running process lies, see ``GuardedProcess/killSurvivors(in:)``.
    ///   - silenceLimit: how long an evaluator that owes a message may say nothing.
    package init(
        catalog: EvaluatorCatalog, workFolder: String, noteFolder: String?, silenceLimit: Duration,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.catalog = catalog
        self.workFolder = workFolder
        self.noteFolder = noteFolder
        self.silenceLimit = silenceLimit
        self.clock = clock
    }

    /// Evaluates; starts the evaluator, or another one, when needed. One at a time. Cancelling the task kills the evaluator before this
    /// returns.
    ///
    /// - Throws: ``EvaluatorFailure``, `CancellationError`; a problem when there is no evaluator of this name.
    package func evaluate(
        with name: String, _ request: EvaluationRequest, memory: EvaluationMemory = .none, progress: @Sendable (JobProgress) -> Void
    ) async throws -> EvaluationResult {
        if let other = running, other.name != name { await end(other) }
        let kept = running
        do {
            if let kept { return try await ask(kept, request, memory, progress) }
            return try await ask(try await start(name), request, memory, progress)
        } catch let failure as EvaluatorFailure {
            // One that died between two evaluations says nothing about this one.
            guard let kept, case .ended = failure.cause, await !kept.session.hasAnswered else { throw failure }
            return try await ask(try await start(name), request, memory, progress)
        }
    }

    /// Lets the evaluator end, and waits for it. Killed when it does not.
    package func stop() async {
        if let running { await end(running) }
    }

    private func ask(
        _ evaluator: Running, _ request: EvaluationRequest, _ memory: EvaluationMemory, _ progress: @Sendable (JobProgress) -> Void
    ) async throws -> EvaluationResult {
        do {
            return try await evaluator.session.evaluate(request, memory: memory, progress: progress)
        } catch is EvaluatorSession.OutputEnded {
            throw await failure(of: evaluator)
        } catch let failure as EvaluatorFailure where failure.leavesProcessUsable {
            throw failure
        } catch {
            running = nil
            evaluator.task.cancel()
            _ = await evaluator.task.result
            throw error
        }
    }

    /// How a process ended whose output is at its end.
    private func failure(of evaluator: Running) async -> EvaluatorFailure {
        running = nil
        evaluator.hold.finish()
        switch await evaluator.task.result {
        case .success(let ended):
            let status: Int32 =
                switch ended.status {
                case .exited(let code): code
                case .signalled(let signal): -signal
                }
            return .ended(status: status, errorTail: ended.errorTail)
        case .failure(let error): return EvaluatorFailure(.notStarted, "\(error)", retry: true)
        }
    }

    private func end(_ evaluator: Running) async {
        running = nil
        evaluator.hold.finish()
        _ = await evaluator.task.result
    }

    private func start(_ name: String) async throws -> Running {
        let folder = try WorkingFolder.make(in: workFolder, for: catalog.user)
        let command: GuardedCommand
        do {
            command = try catalog.command(named: name, workingFolder: folder.path, noteFolder: noteFolder)
        } catch {
            folder.remove()
            throw error
        }
        let (sessions, started) = AsyncStream.makeStream(of: EvaluatorSession.self)
        let (held, hold) = AsyncStream.makeStream(of: Never.self)
        let (clock, silenceLimit) = (clock, silenceLimit)
        // Unstructured, because the process outlives the evaluation that starts it; every path out of this actor awaits it.
        let task = Task {
            defer {
                started.finish()
                folder.remove()
            }
            return try await GuardedProcess.run(command) { process in
                started.yield(EvaluatorSession(process: process, clock: clock, silenceLimit: silenceLimit))
                for await _ in held {}
                try Task.checkCancellation()
            }
        }
        guard let session = await first(of: sessions) else {
            task.cancel()
            if case .failure(let error) = await task.result, !(error is CancellationError) {
                throw EvaluatorFailure(.notStarted, "\(error)", retry: true)
            }
            throw CancellationError()
        }
        let evaluator = Running(name: name, session: session, task: task, hold: hold)
        running = evaluator
        return evaluator
    }

    private func first(of sessions: AsyncStream<EvaluatorSession>) async -> EvaluatorSession? {
        for await session in sessions { return session }
        return nil
    }
}
