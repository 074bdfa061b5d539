/// How much of a paired ratio rests on a single document. One document of repeated tokens can own a result.
package struct Dominance: Hashable, Sendable {
    /// The document with the largest share, as position in the arrays given, and its share (0...1) of the sum.
    package struct Largest: Hashable, Sendable {
        package let document: Int
        package let share: Double
    }

    /// Of the sum of squared residuals, which is the variance. The share is 0 when no document deviates.
    package let variance: Largest
    /// Of the sum of weights.
    package let weight: Largest
}

extension Dominance.Largest {
    /// Nil for an empty collection. `terms` must not be negative.
    init?(_ terms: [(document: Int, term: Double)], total: Double) {
        guard let largest = terms.max(by: { $0.term < $1.term }) else { return nil }
        self.init(document: largest.document, share: total > 0 ? largest.term / total : 0)
    }
}
