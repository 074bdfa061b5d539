/// How evenly a total is spread over its parts: tokens or bytes over the documents of a domain.
package struct WeightShares: Hashable, Sendable {
    /// Parts with weight.
    package let count: Int
    /// Kish's n_eff = (ΣT)²/ΣT²: as many parts of equal weight would know as much. 0 without any weight.
    package let effective: Double
    /// The share of the heaviest part, 0 to 1.
    package let largest: Double

    /// - Parameter weights: none below 0.
    package init(_ weights: [Double]) {
        let used = weights.filter { $0 > 0 }
        count = used.count
        let total = CompensatedSum(used).value
        // Shares of the total, not squares of sums, so that no count of bytes overflows.
        effective = total > 0 ? 1 / CompensatedSum(used.lazy.map { ($0 / total) * ($0 / total) }).value : 0
        largest = total > 0 ? (used.max() ?? 0) / total : 0
    }
}
