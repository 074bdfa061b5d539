/// Names one history of the database. Clients compare it with the one they met before, and read nothing else in it: when it differs, what
/// was acknowledged before may be gone, and is sent again.
package struct Epoch: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    /// - Parameters:
    ///   - row: made with the schema, and anew by every restore.
    ///   - server: the identity that initdb gave to the server.
    ///   - timeline: the server's timeline, which a failover or a recovery to a point in time makes anew.
    package init(row: String, server: String, timeline: String) {
        text = String(Digest(ofText: "track epoch 1\n\(row)\n\(server)\n\(timeline)\n").hex.prefix(32))
    }

    package var description: String { text }

    /// The header that every answer of the API carries.
    package static let header = "track-epoch"
}

extension Epoch: Codable {
    package init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
