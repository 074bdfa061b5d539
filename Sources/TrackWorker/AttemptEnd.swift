import TrackCore
import TrackEvaluators

/// Why an attempt at a job gave no result, and whether another could.
struct AttemptFailure: Error, Hashable {
    /// One or two sentences for a person.
    let detail: String
    let retry: Bool

    init(_ detail: String, retry: Bool) {
        self.detail = detail
        self.retry = retry
    }

    /// What an error of evaluating means. What another attempt could mend is retried; what the same input gives again is not.
    init(_ error: any Error) {
        switch error {
        case let failure as AttemptFailure: self = failure
        case let failure as EvaluatorFailure: self.init(failure.description, retry: failure.retry)
        case let failure as GuardedProcessError: self.init(failure.description, retry: true)
        case let problem as Problem: self.init(problem.detail, retry: problem.type == .unavailable || problem.type == .internal)
        case let error as any Error & CustomStringConvertible: self.init(error.description, retry: true)
        default: self.init("The worker could not evaluate; its log says more.", retry: true)
        }
    }
}

/// How one attempt at a job ended, as the worker sees it.
enum AttemptEnd {
    case result(EvaluationResult)
    case failed(AttemptFailure)
    /// Somebody asked to cancel the job.
    case cancelled
    /// The job is no longer this attempt's: nothing is reported.
    case lost
    /// The worker stops, and the evaluation took longer than it may wait.
    case released

    /// Whether nobody will ask for the same evaluation again under this job.
    var isFinal: Bool {
        switch self {
        case .result, .cancelled: true
        case .failed(let failure): !failure.retry
        case .lost, .released: false
        }
    }

    /// What is said to the daemon when there is no result; nil when nothing is said.
    var report: EndAttemptRequest? {
        switch self {
        case .result, .lost: nil
        case .failed(let failure): EndAttemptRequest(outcome: .evaluatorFailed, detail: failure.detail, retry: failure.retry)
        case .cancelled: EndAttemptRequest(outcome: .cancelled, detail: "Cancelled by request.", retry: false)
        case .released: EndAttemptRequest(outcome: .released, detail: "The worker was stopped.", retry: true)
        }
    }
}
