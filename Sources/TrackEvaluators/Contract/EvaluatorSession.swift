import TrackCore

/// Converses with one running evaluator: a thin shell of reads and writes around ``EvaluationConversation``.
actor EvaluatorSession {
    private let process: GuardedProcess
    private let clock: any Clock<Duration>
    private let silenceLimit: Duration
    private var conversation = EvaluationConversation()
    /// Whether anything was heard since the last request.
    private(set) var hasAnswered = false

    /// - Parameter silenceLimit: how long an evaluator that owes a message may say nothing.
    init(process: GuardedProcess, clock: any Clock<Duration> = ContinuousClock(), silenceLimit: Duration) {
        self.process = process
        self.clock = clock
        self.silenceLimit = silenceLimit
    }

    /// Asks for one evaluation and waits for its result. One at a time.
    ///
    /// - Throws: ``EvaluatorFailure``, ``OutputEnded`` when the process is gone, `CancellationError`; after anything but a refusal the
    ///   process must be
    ///   ended.
    func evaluate(
        _ request: EvaluationRequest, memory: EvaluationMemory, progress: @Sendable (JobProgress) -> Void
    ) async throws -> EvaluationResult {
        let hello = try await hello()
        hasAnswered = false
        let (rest, known) = try memory.plan(request, for: hello)
        do {
            try await process.write(try rest.line())
        } catch GuardedProcessError.inputClosed {
            throw OutputEnded()
        }
        conversation.begin(request, having: known)
        while true {
            let line = try await nextLine()
            hasAnswered = true
            switch try conversation.receive(line) {
            case .ready: break
            case .progress(let state): progress(state)
            case .domain(let index, let measurement, let state):
                memory.keep(index, measurement)
                progress(state)
            case .finished(let result): return result
            case .refused(let failure): throw failure
            }
        }
    }

    /// What the evaluator says of itself, once it is ready for a request.
    private func hello() async throws -> EvaluatorHello {
        while true {
            if let hello = conversation.ready { return hello }
            _ = try conversation.receive(try await nextLine())
        }
    }

    /// The evaluator's output ended while it owed an answer; how it ended is known when it has been collected.
    struct OutputEnded: Error {}

    private func nextLine() async throws -> [UInt8] {
        let (process, clock, limit) = (process, clock, silenceLimit)
        return try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask {
                do {
                    guard let line = try await process.lines.next() else { throw OutputEnded() }
                    return line
                } catch GuardedProcessError.lineTooLong(let limit) {
                    throw EvaluatorFailure.broken(.message, "one has more than \(limit) bytes")
                }
            }
            group.addTask {
                try await clock.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let line = try await group.next() ?? nil else { throw EvaluatorFailure.silent(for: limit) }
            return line
        }
    }
}
