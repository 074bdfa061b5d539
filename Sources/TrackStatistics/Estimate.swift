/// A number with the uncertainty of its making: a t statistic waiting for its hypothesis.
///
/// In this product the value is a difference of log perplexities in nats per token (or per byte): positive is worse.
package struct Estimate: Hashable, Sendable {
    package let value: Double
    /// At least 0. Zero means that the data leave no doubt, not that there are none.
    package let standardError: Double
    /// Above 0, not necessarily whole; infinity makes every test and interval a normal one.
    package let degreesOfFreedom: Double

    package init(value: Double, standardError: Double, degreesOfFreedom: Double) {
        self.value = value
        self.standardError = standardError
        self.degreesOfFreedom = degreesOfFreedom
    }

    private var distribution: StudentT { StudentT(degreesOfFreedom: degreesOfFreedom) }

    /// The two-sided confidence interval at `level`, say 0.95.
    package func interval(level: Double) -> ConfidenceInterval {
        guard standardError > 0 else { return ConfidenceInterval(lower: value, upper: value, level: level) }
        let half = distribution.quantile(upperTail: (1 - level) / 2) * standardError
        return ConfidenceInterval(lower: value - half, upper: value + half, level: level)
    }

    /// One-sided p of "the true value is at most `margin`": small when the value lies clearly above it.
    package func pAbove(_ margin: Double) -> Double { survival(of: value - margin) }

    /// One-sided p of "the true value is at least −`margin`": small when the value lies clearly below it.
    package func pBelow(_ margin: Double) -> Double { survival(of: -(value + margin)) }

    /// Without any spread the hypothesis is refuted (0) or it holds (1); the bound itself belongs to the hypothesis.
    private func survival(of distance: Double) -> Double {
        guard standardError > 0 else { return distance > 0 ? 0 : 1 }
        return distribution.survival(distance / standardError)
    }

    /// How far beyond the margin of a one-sided test at level `alpha` the true value must lie to be found with probability
    /// `power`: (t₁₋α + t_power) · SE, the normal formula with Student's quantiles, which is within a few per cent of the exact
    /// noncentral t from five degrees of freedom. Halve `alpha` for a test that looks both ways.
    package func minimalDetectableEffect(alpha: Double, power: Double) -> Double {
        guard standardError > 0 else { return 0 }
        return (distribution.quantile(upperTail: alpha) + distribution.quantile(power)) * standardError
    }
}

package struct ConfidenceInterval: Hashable, Sendable {
    package let lower: Double
    package let upper: Double
    package let level: Double

    package init(lower: Double, upper: Double, level: Double) {
        self.lower = lower
        self.upper = upper
        self.level = level
    }

    /// True when the whole interval lies within ±`margin`: two one-sided tests at (1 − level)/2 both refute a larger change.
    package func lies(within margin: Double) -> Bool { lower >= -margin && upper <= margin }
}
