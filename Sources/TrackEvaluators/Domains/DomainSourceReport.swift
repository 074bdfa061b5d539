package import TrackCore

/// A document as it was found, and where.
package struct FoundDocument: Hashable, Sendable {
    package let document: HeldOutDocument
    /// The file, with `:line` where it holds several documents.
    package let place: String
}

/// What was found, and what was left out and why.
package struct DomainSourceReport: Hashable, Sendable {
    /// Why a document was left out.
    package enum Reason: String, Sendable, CaseIterable {
        case empty = "empty"
        case duplicate = "a duplicate of another document of the set"
        case invalidText = "not valid UTF-8"
        case holdsNUL = "with a NUL character, which text has no use for"
        case tooLong = "longer than the limit for one document"
    }

    /// Places named per reason; the rest are counted.
    static let namedPlaces = 5

    package internal(set) var documents = 0
    package internal(set) var bytes: Int64 = 0
    package internal(set) var skipped: [Reason: Int] = [:]
    /// The first few places by reason.
    package internal(set) var places: [Reason: [String]] = [:]
    /// Files of other kinds, which were not read.
    package internal(set) var otherFiles = 0

    mutating func skip(_ reason: Reason, _ place: String) {
        skipped[reason, default: 0] += 1
        if places[reason, default: []].count < Self.namedPlaces { places[reason, default: []].append(place) }
    }

    /// What a person should know, a sentence each.
    package var notes: [String] {
        var notes = Reason.allCases.compactMap { reason -> String? in
            guard let count = skipped[reason], let places = places[reason] else { return nil }
            let more = count > places.count ? ", …" : ""
            let were = count == 1 ? "document was" : "documents were"
            return "\(count) \(were) left out, \(reason.rawValue): \(places.joined(separator: ", "))\(more)"
        }
        if otherFiles > 0 {
            notes.append("\(otherFiles) \(otherFiles == 1 ? "file of another kind was" : "files of other kinds were") not read.")
        }
        return notes
    }
}
