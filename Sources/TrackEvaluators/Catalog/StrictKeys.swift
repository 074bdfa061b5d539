import TrackCore

/// Refuses the keys that nothing reads: a misspelt setting must not be ignored.
enum StrictKeys {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    static func check(_ decoder: any Decoder, _ known: [String]) throws {
        let found = try decoder.container(keyedBy: Key.self).allKeys.map(\.stringValue)
        if let stranger = found.sorted().first(where: { !known.contains($0) }) {
            throw fault(decoder, stranger, "is no setting; known are \(known.joined(separator: ", "))")
        }
    }

    /// A fault at a key of what is being decoded; an empty key is the whole of it.
    static func fault(_ decoder: any Decoder, _ key: String, _ reason: String) -> Fault {
        let path = decoder.codingPath.map(\.stringValue) + (key.isEmpty ? [] : [key])
        return Fault(field: path.map { "/" + $0 }.joined(), reason: reason)
    }
}
