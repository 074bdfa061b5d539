package import TrackCore

/// What a worker says to the daemon. Closures, so that a test's connection is a value.
package struct WorkerConnection: Sendable {
    /// Asks for a job; nil when there is none.
    package var claim: @Sendable (ClaimRequest) async throws -> ClaimResponse?
    package var beat: @Sendable (AttemptPass, BeatRequest) async throws -> BeatResponse
    /// Gives the documents of a revision, pieces of JSON Lines (``DocumentLine``) as they arrive.
    package var documents: @Sendable (_ revision: Digest, _ receive: @Sendable (UnsafeRawBufferPointer) throws -> Void) async throws -> Void
    /// Makes the record durable here first, then delivers it. It throws when it is neither durable nor delivered, or refused for good.
    package var record: @Sendable (AttemptPass, RecordRunRequest) async throws -> RecordDelivery
    package var endAttempt: @Sendable (AttemptPass, EndAttemptRequest) async throws -> EndAttemptResponse
    /// Delivers what waits on this machine, unless the daemon failed lately and is left alone for a while.
    package var deliverWaiting: @Sendable () async throws -> DeliveryNews
    /// Why nothing that ends in a record may be begun on this machine now; nil when it may.
    package var obstacle: @Sendable () -> String?

    package init(
        claim: @escaping @Sendable (ClaimRequest) async throws -> ClaimResponse?,
        beat: @escaping @Sendable (AttemptPass, BeatRequest) async throws -> BeatResponse,
        documents: @escaping @Sendable (
            _ revision: Digest, _ receive: @Sendable (UnsafeRawBufferPointer) throws -> Void
        ) async throws -> Void,
        record: @escaping @Sendable (AttemptPass, RecordRunRequest) async throws -> RecordDelivery,
        endAttempt: @escaping @Sendable (AttemptPass, EndAttemptRequest) async throws -> EndAttemptResponse,
        deliverWaiting: @escaping @Sendable () async throws -> DeliveryNews,
        obstacle: @escaping @Sendable () -> String?
    ) {
        self.claim = claim
        self.beat = beat
        self.documents = documents
        self.record = record
        self.endAttempt = endAttempt
        self.deliverWaiting = deliverWaiting
        self.obstacle = obstacle
    }
}

/// An attempt, and the token with which to speak for it.
package struct AttemptPass: Hashable, Sendable {
    package let attempt: AttemptReference
    package let token: String

    package init(attempt: AttemptReference, token: String) {
        self.attempt = attempt
        self.token = token
    }
}

/// What became of a record that was given away.
package enum RecordDelivery: Sendable {
    case answered(RecordRunResponse)
    /// It lies in the spool; the daemon could not be reached.
    case waiting
}

/// What a delivery of waiting records brought.
package struct DeliveryNews: Sendable {
    /// How many records still wait.
    package let waiting: Int
    /// What a person should know, a sentence each.
    package let notes: [String]

    package init(waiting: Int, notes: [String] = []) {
        self.waiting = waiting
        self.notes = notes
    }
}
