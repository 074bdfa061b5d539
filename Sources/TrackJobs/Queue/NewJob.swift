package import FoundationEssentials
package import TrackCore

/// A job to be queued. Its key makes the same wish twice one job.
package struct NewJob: Hashable, Sendable {
    /// What is evaluated.
    package struct Work: Hashable, Sendable {
        package var checkpoint: Int64
        package var revision: Int64
        /// The id of the protocol.
        package var scoring: Int64
        /// The name of the evaluator, for example `transformers`.
        package var evaluator: String

        package init(checkpoint: Int64, revision: Int64, scoring: Int64, evaluator: String) {
            self.checkpoint = checkpoint
            self.revision = revision
            self.scoring = scoring
            self.evaluator = evaluator
        }
    }

    package let key: String
    package let work: Work
    package let reason: RunReason
    package let priority: Int16

    /// Because a checkpoint was added: once for each checkpoint, revision and protocol, however often it is added.
    package static func added(_ work: Work) -> NewJob {
        NewJob(key: "push/\(work.checkpoint)/\(work.revision)/\(work.scoring)", work: work, reason: .added, priority: Priority.added)
    }

    /// Because a person asked. `request` is made by the client, so that a request sent twice is one job.
    package static func manual(_ work: Work, request: UUID) -> NewJob {
        NewJob(key: "manual/\(request.uuidString.lowercased())", work: work, reason: .manual, priority: Priority.manual)
    }
}

/// Lower is sooner: somebody waits for a manual job, and a whole slot must not hold up a new checkpoint.
enum Priority {
    static let manual: Int16 = 40
    static let added: Int16 = 50
    static let scheduled: Int16 = 100
}
