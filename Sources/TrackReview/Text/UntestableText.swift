import TrackStatistics

/// Why there is no test, for a person.
enum UntestableText {
    static func of(_ reason: Untestable.Reason) -> String {
        switch reason {
        case .noDocuments: "no document was scored on both sides"
        case .oneDocument: "one document only: no test is possible"
        case .tooFewEffectiveDocuments: "one document outweighs all others: no test is possible"
        case .invalidDocument(let position): "document \(position + 1) has values that cannot be compared"
        case .unpaired: "the documents could not be paired"
        }
    }
}
