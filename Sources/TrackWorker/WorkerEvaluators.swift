package import TrackCore
package import TrackEvaluators

/// What a worker asks of evaluators. Closures, so that a test needs no process.
package struct WorkerEvaluators: Sendable {
    /// By the evaluator's name. Cancelling the task ends the evaluator before this returns.
    package var evaluate: @Sendable (
        _ name: String, EvaluationRequest, EvaluationMemory, _ progress: @escaping @Sendable (JobProgress) -> Void
    ) async throws -> EvaluationResult
    /// Ends what is running.
    package var stop: @Sendable () async -> Void

    package init(
        evaluate: @escaping @Sendable (
            _ name: String, EvaluationRequest, EvaluationMemory, _ progress: @escaping @Sendable (JobProgress) -> Void
        ) async throws -> EvaluationResult,
        stop: @escaping @Sendable () async -> Void
    ) {
        self.evaluate = evaluate
        self.stop = stop
    }

    /// Evaluators in processes of their own.
    package init(_ host: EvaluatorHost) {
        evaluate = { try await host.evaluate(with: $0, $1, memory: $2, progress: $3) }
        stop = { await host.stop() }
    }
}
