/// Whether a value lies beyond a margin on either side, as one test.
package struct MarginTest: Hashable, Sendable {
    package enum Side: Hashable, Sendable { case above, below }

    /// The smallest change that counts; at least 0.
    package let margin: Double
    /// One-sided p of "at most `margin`".
    package let pAbove: Double
    /// One-sided p of "at least −`margin`".
    package let pBelow: Double

    package init(_ estimate: Estimate, margin: Double) {
        self.margin = margin
        pAbove = estimate.pAbove(margin)
        pBelow = estimate.pBelow(margin)
    }

    /// p of "within ±margin": the smaller of the two, doubled for having looked both ways.
    package var p: Double { min(1, 2 * min(pAbove, pBelow)) }

    /// The side for which the data speak, however weakly; nil when they speak for both alike.
    package var side: Side? {
        if pAbove == pBelow { return nil }
        return pAbove < pBelow ? .above : .below
    }
}
