package import TrackCore

/// Where a document stands.
package struct SourcePlace: Hashable, Sendable, CustomStringConvertible {
    let path: String
    /// From 1; 0 for a file that is one document.
    let line: Int

    package var description: String { line == 0 ? path : "\(path):\(line)" }
}

/// A document as it was found, and where.
package struct FoundDocument: Hashable, Sendable {
    package let document: HeldOutDocument
    package let place: SourcePlace
    /// The position of its file in the plan.
    let file: Int
}

/// What was found, and what was left out and why.
package struct DomainSourceReport: Hashable, Sendable {
    /// Why a document was left out.
    package enum Reason: String, Sendable, CaseIterable, Encodable {
        case empty
        case duplicate
        case invalidText = "invalid-utf-8"
        case holdsNUL = "nul"
        case tooLong = "too-long"
        case damagedLine = "damaged"

        var words: String {
            switch self {
            case .empty: "empty"
            case .duplicate: "a duplicate of another document of the set"
            case .invalidText: "not valid UTF-8"
            case .holdsNUL: "with a NUL character, which text has no use for"
            case .tooLong: "longer than the limit for one document"
            case .damagedLine: "not a JSON object with text, messages, or prompt and completion"
            }
        }
    }

    /// A file, folder or link that could not be read to its end.
    package struct Unreadable: Hashable, Sendable {
        package let path: String
        package let reason: String
        /// Its position in the plan; nil for what is no file.
        let file: Int?
    }

    /// Places named per reason; the rest are counted.
    static let namedPlaces = 5
    /// So many documents that cannot be read may be left out of any set; of a large one, one in a hundred.
    static let damageAllowed = (documents: 10, share: 0.01)

    package internal(set) var files = 0
    package internal(set) var documents = 0
    package internal(set) var bytes: Int64 = 0
    package internal(set) var skipped: [Reason: Int] = [:]
    /// The first few places by reason.
    package internal(set) var places: [Reason: [SourcePlace]] = [:]
    package internal(set) var unreadable: [Unreadable] = []
    /// Files of other kinds, which were not read.
    package internal(set) var otherFiles = 0
    /// Lines that state another number of bytes than their text has; what counts is the text.
    package internal(set) var otherBytes = 0
    package internal(set) var otherBytesPlaces: [SourcePlace] = []

    mutating func leaveOut(_ reason: Reason, _ place: SourcePlace) {
        skipped[reason, default: 0] += 1
        if places[reason, default: []].count < Self.namedPlaces { places[reason, default: []].append(place) }
    }

    mutating func noteOtherBytes(_ place: SourcePlace) {
        otherBytes += 1
        if otherBytesPlaces.count < Self.namedPlaces { otherBytesPlaces.append(place) }
    }

    /// Why no set should be made of this; nil when it may be.
    ///
    /// - Parameters:
    ///   - isStrict: nothing that cannot be read is left out.
    ///   - skipsUnreadable: files that cannot be read are left out.
    package func objection(isStrict: Bool, skipsUnreadable: Bool) -> DomainSourceError? {
        if let first = unreadable.first, isStrict || !skipsUnreadable {
            return .unreadableFiles(first: first.path, reason: first.reason, others: unreadable.dropFirst().map(\.path))
        }
        let damaged = [Reason.invalidText, .damagedLine].reduce(0) { $0 + (skipped[$1] ?? 0) }
        let all = documents + damaged
        guard damaged > (isStrict ? 0 : max(Self.damageAllowed.documents, Int(Double(all) * Self.damageAllowed.share))) else { return nil }
        let first = ((places[.damagedLine] ?? []) + (places[.invalidText] ?? [])).prefix(Self.namedPlaces)
        return .damaged(documents: damaged, of: all, places: first.map(\.description), isStrict: isStrict)
    }

    /// What a person should know, a sentence each.
    package var notes: [String] {
        var notes = Reason.allCases.compactMap { reason -> String? in
            guard let count = skipped[reason], let places = places[reason] else { return nil }
            let were = count == 1 ? "document was" : "documents were"
            return "\(count) \(were) left out, \(reason.words): \(Self.named(places, of: count))"
        }
        if otherBytes > 0 {
            let lines = otherBytes == 1 ? "line states" : "lines state"
            let places = Self.named(otherBytesPlaces, of: otherBytes)
            notes.append("\(otherBytes) \(lines) another number of bytes than the text has; the text counts: \(places)")
        }
        notes += unreadable.map { "\($0.path) was left out: \($0.reason)" }
        if otherFiles > 0 {
            notes.append("\(otherFiles) \(otherFiles == 1 ? "file of another kind was" : "files of other kinds were") not read.")
        }
        return notes
    }

    private static func named(_ places: [SourcePlace], of count: Int) -> String {
        places.map(\.description).joined(separator: ", ") + (count > places.count ? ", …" : "")
    }
}

/// For `--json`.
extension DomainSourceReport: Encodable {
    private struct LeftOut: Encodable {
        let reason: Reason
        let count: Int
        let places: [String]
    }

    private struct Trouble: Encodable {
        let path: String
        let reason: String
    }

    private enum CodingKeys: String, CodingKey { case files, documents, bytes, leftOut, unreadable, otherFiles, otherBytes }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(files, forKey: .files)
        try container.encode(documents, forKey: .documents)
        try container.encode(bytes, forKey: .bytes)
        let leftOut = Reason.allCases.compactMap { reason in
            skipped[reason].map { LeftOut(reason: reason, count: $0, places: (places[reason] ?? []).map(\.description)) }
        }
        try container.encode(leftOut, forKey: .leftOut)
        try container.encode(unreadable.map { Trouble(path: $0.path, reason: $0.reason) }, forKey: .unreadable)
        try container.encode(otherFiles, forKey: .otherFiles)
        try container.encode(otherBytes, forKey: .otherBytes)
    }
}
