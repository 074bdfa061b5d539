/// Why paired sums give no test. The ratio itself may still be shown.
package struct Untestable: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// No document has any weight.
        case noDocuments
        /// One document says nothing about the next.
        case oneDocument
        /// One document outweighs the rest so far that less than one degree of freedom remains; `effectiveDocuments` is below 2.
        case tooFewEffectiveDocuments(Double)
        /// The document at this position has a difference or weight that is not finite, a negative weight, or a difference
        /// without weight.
        case invalidDocument(Int)
        /// Differences and weights are not of equal number.
        case unpaired(differences: Int, weights: Int)
    }

    package let reason: Reason
    /// Σ differences / Σ weights, where that much is known.
    package let theta: Double?
}
