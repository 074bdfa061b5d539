import FoundationEssentials
package import TrackCore

/// What stands around a request in a record: all of the JSON object but its payload, which may be large and is found without reading it.
///
/// Keys are sorted, so the payload lies between a short beginning and `,"v":1}`.
package struct SpoolEnvelope: Sendable {
    /// By the route that the payload goes to.
    package enum Kind: String, Sendable, Codable { case run, checkpoint }

    package let id: RunID
    package let kind: Kind
    package let madeAt: Timestamp

    package init(id: RunID, kind: Kind, madeAt: Timestamp) {
        self.id = id
        self.kind = kind
        self.madeAt = madeAt
    }

    /// The text before and after the payload.
    var around: (head: Data, tail: Data) {
        get throws {
            let text = try WireCoding.encode(self)
            guard let cut = text.ranges(of: SpoolEnvelope.version).last else {
                throw EncodingError.invalidValue(self, .init(codingPath: [], debugDescription: "the envelope has no version"))
            }
            return (text[...cut.lowerBound] + SpoolEnvelope.payload, text[cut.lowerBound...])
        }
    }

    /// Reads the beginning and the end of a body.
    ///
    /// - Returns: also how many bytes of both are not the payload's.
    /// - Throws: `DecodingError` when it is not an envelope.
    static func read(beginning: Data, end: Data) throws -> (envelope: SpoolEnvelope, head: Int, tail: Int) {
        guard let head = beginning.firstRange(of: payload), let tail = end.ranges(of: version).last else {
            throw DecodingError.keyNotFound(
                CodingKeys.payload, .init(codingPath: [], debugDescription: "the record has no payload between an id and a version"))
        }
        let text = beginning[..<head.lowerBound] + end[(tail.lowerBound + 1)...]
        return (
            try WireCoding.decode(SpoolEnvelope.self, from: text), beginning.distance(from: beginning.startIndex, to: head.upperBound),
            end.distance(from: tail.lowerBound, to: end.endIndex)
        )
    }

    /// The longest beginning and end, with room to spare: an id, a kind, a time; a version.
    static let longestHead = 512
    static let longestTail = 64

    private static let payload = Data(#""payload":"#.utf8)
    private static let version = Data(#","v":"#.utf8)
}

extension SpoolEnvelope: Codable {
    private enum CodingKeys: String, CodingKey { case version = "v", kind, id, madeAt, payload }

    private static let written = 1

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard try container.decode(Int.self, forKey: .version) == SpoolEnvelope.written else {
            throw DecodingError.dataCorruptedError(
                forKey: .version, in: container,
                debugDescription: "is of a newer track: update this one, then run `track spool requeue` and `track sync`")
        }
        id = try container.decode(RunID.self, forKey: .id)
        madeAt = try container.decode(Timestamp.self, forKey: .madeAt)
        kind = try container.decode(Kind.self, forKey: .kind)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(SpoolEnvelope.written, forKey: .version)
        try container.encode(id, forKey: .id)
        try container.encode(madeAt, forKey: .madeAt)
        try container.encode(kind, forKey: .kind)
    }
}
