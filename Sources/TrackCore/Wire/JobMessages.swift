package import FoundationEssentials

package enum JobState: String, Sendable, Codable, CaseIterable {
    case queued, running, succeeded, failed, cancelled

    package var isOpen: Bool { self == .queued || self == .running }
}

/// How one attempt at a job ended.
package enum AttemptOutcome: String, Sendable, Codable, CaseIterable {
    case succeeded
    case evaluatorFailed = "evaluator_failed"
    /// Its worker vanished: the lease ran out.
    case lost
    case timedOut = "timed_out"
    case cancelled
    /// Given back by a worker that stops.
    case released
}

/// One job: a checkpoint, a domain-set revision, a protocol, so that weights load once.
package struct JobView: Sendable, Codable, Identifiable {
    package var id: Int64
    package var state: JobState
    package var reason: RunReason
    package var checkpoint: String
    package var domainSet: String
    package var scoring: ScoringProtocol
    package var evaluator: String
    package var queuedAt: Timestamp
    package var finishedAt: Timestamp?
    package var attempts: Int
    package var lastError: String?
    /// The run that it ended in.
    package var run: RunID?
    package var progress: JobProgress?

    package init(
        id: Int64, state: JobState, reason: RunReason, checkpoint: String, domainSet: String, scoring: ScoringProtocol,
        evaluator: String, queuedAt: Timestamp, finishedAt: Timestamp?, attempts: Int, lastError: String?, run: RunID?,
        progress: JobProgress?
    ) {
        self.id = id
        self.state = state
        self.reason = reason
        self.checkpoint = checkpoint
        self.domainSet = domainSet
        self.scoring = scoring
        self.evaluator = evaluator
        self.queuedAt = queuedAt
        self.finishedAt = finishedAt
        self.attempts = attempts
        self.lastError = lastError
        self.run = run
        self.progress = progress
    }
}

/// What a worker says with a heartbeat.
package struct JobProgress: Hashable, Sendable, Codable {
    package var domainsDone: Int
    package var domains: Int
    package var tokensDone: Int64

    package init(domainsDone: Int, domains: Int, tokensDone: Int64) {
        self.domainsDone = domainsDone
        self.domains = domains
        self.tokensDone = tokensDone
    }
}

/// `POST /v1/jobs`: evaluate now.
package struct EvaluateRequest: Sendable, Codable {
    package var checkpoint: String
    /// A domain set; the lineage's default when nil.
    package var domainSet: String?
    /// The daemon's own protocol when nil.
    package var scoring: ProtocolChoice?
    /// An evaluator by its name on the workers; the lineage's when nil.
    package var evaluator: String?
    /// Made by the client, so that a retried request queues one job.
    package var request: UUID

    package init(checkpoint: String, domainSet: String?, scoring: ProtocolChoice?, evaluator: String? = nil, request: UUID) {
        self.checkpoint = checkpoint
        self.domainSet = domainSet
        self.scoring = scoring
        self.evaluator = evaluator
        self.request = request
    }
}

/// `POST /v1/jobs/claim`
package struct ClaimRequest: Sendable, Codable {
    /// New at every start of a worker process.
    package var worker: UUID
    package var host: String
    package var pid: Int32
    /// The worker inside trackd; its open attempts end as lost when the daemon starts again.
    package var embedded: Bool
    /// The evaluators that it can start; nil for any.
    package var evaluators: [String]?

    package init(worker: UUID, host: String, pid: Int32, embedded: Bool, evaluators: [String]? = nil) {
        self.worker = worker
        self.host = host
        self.pid = pid
        self.embedded = embedded
        self.evaluators = evaluators
    }
}

/// The answer to a claim; 204 when there is nothing to do.
package struct ClaimResponse: Sendable, Codable {
    package var job: ClaimedJob
    /// For every word about this attempt, until it has ended; good for nothing else.
    package var token: String

    package init(job: ClaimedJob, token: String) {
        self.job = job
        self.token = token
    }
}

/// A job in the hands of a worker.
package struct ClaimedJob: Sendable, Codable {
    package var job: Int64
    /// Counts the claims of this job; every later word about it must carry it.
    package var fence: Int64
    /// Without a heartbeat for this long, another worker may take the job. Seconds.
    package var leaseSeconds: Double
    package var beatSeconds: Double
    package var reason: RunReason
    package var checkpoint: Checkpoint
    package var revision: DomainSetRevision
    package var scoring: ScoringProtocol
    package var evaluator: String

    package init(
        job: Int64, fence: Int64, leaseSeconds: Double, beatSeconds: Double, reason: RunReason, checkpoint: Checkpoint,
        revision: DomainSetRevision, scoring: ScoringProtocol, evaluator: String
    ) {
        self.job = job
        self.fence = fence
        self.leaseSeconds = leaseSeconds
        self.beatSeconds = beatSeconds
        self.reason = reason
        self.checkpoint = checkpoint
        self.revision = revision
        self.scoring = scoring
        self.evaluator = evaluator
    }

    package var attempt: AttemptReference { AttemptReference(job: job, fence: fence) }
}

/// One claim of a job.
package struct AttemptReference: Hashable, Sendable, Codable {
    package var job: Int64
    package var fence: Int64

    package init(job: Int64, fence: Int64) {
        self.job = job
        self.fence = fence
    }
}

/// `POST /v1/jobs/{id}/attempts/{fence}/beat`
package struct BeatRequest: Sendable, Codable {
    package var progress: JobProgress?

    package init(progress: JobProgress?) { self.progress = progress }
}

package struct BeatResponse: Sendable, Codable {
    package enum Instruction: String, Sendable, Codable {
        case goOn = "go-on"
        /// Somebody asked to cancel: stop and end the attempt as cancelled.
        case cancel
        /// The job is no longer this attempt's: stop at once and report nothing.
        case lost
    }

    package var instruction: Instruction

    package init(instruction: Instruction) { self.instruction = instruction }
}

/// `POST /v1/jobs/{id}/attempts/{fence}/end`: an end without a result.
package struct EndAttemptRequest: Sendable, Codable {
    package var outcome: AttemptOutcome
    package var detail: String
    /// Whether another attempt could end differently.
    package var retry: Bool

    package init(outcome: AttemptOutcome, detail: String, retry: Bool) {
        self.outcome = outcome
        self.detail = detail
        self.retry = retry
    }
}

package struct EndAttemptResponse: Sendable, Codable {
    /// The state of the job afterwards; nil when the attempt was already fenced off.
    package var state: JobState?

    package init(state: JobState?) { self.state = state }
}
