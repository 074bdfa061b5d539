package import TrackCore

/// How an attempt ended that gave no result.
package enum AttemptEnd: String, Hashable, Sendable, CaseIterable {
    case evaluatorFailed, timedOut, lost, cancelled, released

    /// Nil for an attempt that succeeded: that one ends by its result.
    package init?(_ outcome: AttemptOutcome) {
        switch outcome {
        case .succeeded: return nil
        case .evaluatorFailed: self = .evaluatorFailed
        case .timedOut: self = .timedOut
        case .lost: self = .lost
        case .cancelled: self = .cancelled
        case .released: self = .released
        }
    }

    var outcome: AttemptOutcome {
        switch self {
        case .evaluatorFailed: .evaluatorFailed
        case .timedOut: .timedOut
        case .lost: .lost
        case .cancelled: .cancelled
        case .released: .released
        }
    }
}

/// What a job has used of its two budgets. They are apart so that preempted machines burn no retries, while a job that kills its machine
/// still comes to an end.
struct JobBudgets: Hashable, Sendable {
    /// Attempts that the evaluator failed, or that took too long.
    var attempts: Int
    var maximumAttempts: Int
    /// Workers that vanished.
    var losses: Int
    var maximumLosses: Int
}

/// What an attempt without a result means for its job.
struct AttemptEnding: Hashable, Sendable {
    enum Next: Hashable, Sendable {
        case queued(after: Duration)
        case failed
        case cancelled
    }

    var attempts: Int
    var losses: Int
    var next: Next

    /// - Parameters:
    ///   - retry: whether another attempt could end differently; only for failures of the evaluator.
    ///   - cancelRequested: somebody asked to cancel, so the job is not tried again however this attempt ended.
    static func decide(
        _ end: AttemptEnd, retry: Bool, cancelRequested: Bool, budgets: JobBudgets, policy: RetryPolicy,
        using generator: inout some RandomNumberGenerator
    ) -> AttemptEnding {
        var ending = AttemptEnding(attempts: budgets.attempts, losses: budgets.losses, next: .cancelled)
        let mayRetry: Bool
        let ceilings: [Duration]
        let failures: Int
        switch end {
        case .cancelled:
            return ending
        case .released:
            if !cancelRequested { ending.next = .queued(after: .zero) }
            return ending
        case .evaluatorFailed, .timedOut:
            ending.attempts += 1
            mayRetry = retry && ending.attempts < budgets.maximumAttempts
            ceilings = policy.evaluatorCeilings
            failures = ending.attempts
        case .lost:
            ending.losses += 1
            mayRetry = ending.losses < budgets.maximumLosses
            ceilings = policy.lossCeilings
            failures = ending.losses
        }
        if !cancelRequested {
            ending.next = mayRetry ? .queued(after: policy.delay(after: failures, ceilings: ceilings, using: &generator)) : .failed
        }
        return ending
    }
}
