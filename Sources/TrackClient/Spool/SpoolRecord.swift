package import TrackCore

/// What waits in the spool: one request that changes something, with the id that makes it idempotent.
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

    /// `run 0192…` or `checkpoint legal-tune/checkpoint-120`, for messages.
    package var label: String {
        switch payload {
        case .run(let request): "run \(request.run.id)"
        case .checkpoint(let request): "checkpoint \(request.lineage)/\(request.checkpoint.name)"
        }
    }
}

extension SpoolRecord: Codable {
    private enum Kind: String, Codable { case run, checkpoint }

    private enum CodingKeys: String, CodingKey { case version = "v", kind, id, madeAt, payload }

    private static let version = 1

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard try container.decode(Int.self, forKey: .version) == SpoolRecord.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .version, in: container, debugDescription: "is of a newer track: update this one, then run `track sync`")
        }
        id = try container.decode(RunID.self, forKey: .id)
        madeAt = try container.decode(Timestamp.self, forKey: .madeAt)
        payload =
            switch try container.decode(Kind.self, forKey: .kind) {
            case .run: .run(try container.decode(RecordRunRequest.self, forKey: .payload))
            case .checkpoint: .checkpoint(try container.decode(AddCheckpointRequest.self, forKey: .payload))
            }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(SpoolRecord.version, forKey: .version)
        try container.encode(id, forKey: .id)
        try container.encode(madeAt, forKey: .madeAt)
        switch payload {
        case .run(let request):
            try container.encode(Kind.run, forKey: .kind)
            try container.encode(request, forKey: .payload)
        case .checkpoint(let request):
            try container.encode(Kind.checkpoint, forKey: .kind)
            try container.encode(request, forKey: .payload)
        }
    }
}
