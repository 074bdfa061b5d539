/// The straight line through points by ordinary least squares, say of the gap over checkpoints.
///
/// The error of the slope comes from the scatter about the line, so that it holds the noise of training, which no error within
/// one comparison knows. Points that share a reference are not independent: a description to look at, not a verdict.
package struct LinearTrend: Hashable, Sendable {
    /// Change of y per unit of x; its error has n − 2 degrees of freedom and is nil for two points.
    package let slope: Double
    package let slopeEstimate: Estimate?
    /// y at x = 0.
    package let intercept: Double
    package let points: Int

    /// Nil without two different x, or with values that are not finite.
    package init?(_ points: [(x: Double, y: Double)]) {
        let count = Double(points.count)
        guard points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }), Set(points.map(\.x)).count > 1 else { return nil }
        let meanX = CompensatedSum(points.lazy.map(\.x)).value / count
        let meanY = CompensatedSum(points.lazy.map(\.y)).value / count
        let spread = CompensatedSum(points.lazy.map { ($0.x - meanX) * ($0.x - meanX) }).value
        let slope = CompensatedSum(points.lazy.map { ($0.x - meanX) * ($0.y - meanY) }).value / spread
        let scatter = CompensatedSum(
            points.lazy.map { point in
                let residual = point.y - meanY - slope * (point.x - meanX)
                return residual * residual
            }
        ).value
        self.slope = slope
        self.intercept = meanY - slope * meanX
        self.points = points.count
        slopeEstimate =
            points.count > 2
            ? Estimate(
                value: slope, standardError: (scatter / (count - 2) / spread).squareRoot(), degreesOfFreedom: count - 2)
            : nil
    }
}
