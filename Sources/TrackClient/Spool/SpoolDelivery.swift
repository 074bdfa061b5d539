package import TrackCore

/// The answer to a record, after COMMIT.
package struct SpoolReceipt: Hashable, Sendable {
    package let verdict: RecordVerdict
    /// The history of the daemon's database that holds the record now; nil when the daemon did not say.
    package let epoch: String?

    package init(_ verdict: RecordVerdict, epoch: String? = nil) {
        self.verdict = verdict
        self.epoch = epoch
    }
}

/// What one delivery did.
package struct SpoolDelivery: Sendable, Codable {
    /// Acknowledged, duplicates and superseded results included.
    package var sent = 0
    package var quarantined: [Refusal] = []
    /// What this client's token may not record; it waits for somebody who may.
    package var refused: [Refusal] = []
    /// Records that still wait, with this process or another.
    package var waiting = 0
    /// Acknowledged records that were queued again, because the daemon's history is another one than before.
    package var replayed = 0
    /// Why delivery ended before the last record.
    package var stopped: String?
    /// Delivery did not begin: the daemon failed lately, and is left alone until then.
    package var restingUntil: Timestamp?
    /// Every record that was tried, in that order.
    package var records: [Record] = []

    package struct Refusal: Hashable, Sendable, Codable {
        /// The file; in `quarantine` the reason is beside it in `<file>.reason.json`.
        package let file: String
        package let reason: String
    }

    package enum Outcome: String, Sendable, Codable {
        case accepted, duplicate
        /// Another attempt had answered for the job: the daemon keeps the record apart.
        case fenced
        case quarantined
        /// It stays and is tried again later.
        case kept

        init(_ verdict: RecordVerdict) {
            switch verdict {
            case .accepted: self = .accepted
            case .duplicate: self = .duplicate
            case .fenced: self = .fenced
            }
        }
    }

    package struct Record: Hashable, Sendable, Codable {
        package let label: String
        package let outcome: Outcome
        /// Why it was not accepted.
        package let reason: String?
    }
}
