import TrackCore

/// Positions of one document in the two runs.
struct DocumentPair: Hashable, Sendable {
    let run: Int
    let reference: Int
}

/// How the documents of two runs find each other.
enum DocumentPairing: Hashable, Sendable {
    /// Runs of one revision: its order is frozen, and scoring that stopped early covers the first documents.
    case byPosition
    /// Runs of two revisions: the text decides, never the position.
    case byDigest

    typealias Side = (scores: DocumentScores, documents: [Digest])

    /// In the order of the reference. A digest that a side has twice pairs its occurrences in order.
    func pairs(_ run: Side, _ reference: Side) -> [DocumentPair] {
        switch self {
        case .byPosition:
            return (0..<min(run.scores.count, reference.scores.count)).map { DocumentPair(run: $0, reference: $0) }
        case .byDigest:
            var places: [Digest: [Int]] = [:]
            for (position, digest) in run.documents.prefix(run.scores.count).enumerated().reversed() {
                places[digest, default: []].append(position)
            }
            return reference.documents.prefix(reference.scores.count).enumerated().compactMap { position, digest in
                places[digest]?.popLast().map { DocumentPair(run: $0, reference: position) }
            }
        }
    }
}
