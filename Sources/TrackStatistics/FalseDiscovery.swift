/// Control of the false discovery rate over one family of tests, after Benjamini and Hochberg (1995).
///
/// Among the rejected hypotheses at most a share q are true ones on average over families. It holds for independent and for
/// positively dependent tests, as overlapping domains are. Only for p-values at a fixed sample size: a p that was looked at
/// repeatedly while documents came in breaks it.
package struct FalseDiscovery: Hashable, Sendable {
    /// In the order of the p-values given: the smallest q at which each is rejected.
    package let adjusted: [Double]

    /// A p that is no number counts as 1: it is a member of the family and no evidence.
    package init(pValues: [Double]) {
        let known = pValues.map { $0.isNaN ? 1 : $0 }
        let order = known.indices.sorted { known[$0] < known[$1] }
        var adjusted = known
        var smallest = 1.0
        for (rank, index) in order.enumerated().reversed() {
            smallest = min(smallest, known[index] * (Double(known.count) / Double(rank + 1)))
            adjusted[index] = smallest
        }
        self.adjusted = adjusted
    }

    package func rejected(at q: Double) -> [Bool] { adjusted.map { $0 <= q } }
}
