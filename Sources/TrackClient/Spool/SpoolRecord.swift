package import FoundationEssentials
package import TrackCore

/// What goes to the spool: one request that changes something, with the id that makes it idempotent.
package struct SpoolRecord: Sendable {
    package enum Payload: Sendable {
        case run(RecordRunRequest)
        case checkpoint(AddCheckpointRequest)
    }

    /// A run's own id; for others made with the record, before the first attempt to send.
    package let id: RunID
    package let madeAt: Timestamp
    package let payload: Payload

    package init(_ request: RecordRunRequest, at time: Timestamp) {
        id = request.run.id
        madeAt = time
        payload = .run(request)
    }

    package init(_ request: AddCheckpointRequest, at time: Timestamp) {
        id = RunID.make(at: time)
        madeAt = time
        payload = .checkpoint(request)
    }

    /// Sorts by time; the id tells apart what one millisecond brought.
    package var fileName: String { "\(madeAt.milliseconds)-\(id).rec" }

    /// The body of the file in pieces, none larger than 64 KiB and one domain:
    /// `{"id":…,"kind":…,"made_at":…,"payload":<the request's wire form>,"v":1}`.
    package func forEachPiece(_ receive: (Data) throws -> Void) throws {
        let envelope = SpoolEnvelope(id: id, kind: kind, madeAt: madeAt)
        let (head, tail) = try envelope.around
        try receive(head)
        switch payload {
        case .run(let request): try request.forEachPiece(receive)
        case .checkpoint(let request): try receive(try WireCoding.encode(request))
        }
        try receive(tail)
    }

    /// The whole file, for a record that no disk takes.
    package var frame: [UInt8] {
        get throws {
            var body: [UInt8] = []
            try forEachPiece { body.append(contentsOf: $0) }
            return SpoolFrame.wrap(body)
        }
    }

    private var kind: SpoolEnvelope.Kind {
        switch payload {
        case .run: .run
        case .checkpoint: .checkpoint
        }
    }
}
