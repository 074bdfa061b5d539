#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The standard normal distribution. Each function keeps 12 digits, in the far tail too.
package enum NormalDistribution {
    /// P(Z > z).
    package static func survival(_ z: Double) -> Double { erfc(z * 0.5.squareRoot()) / 2 }

    /// P(Z ≤ z).
    package static func cumulative(_ z: Double) -> Double { survival(-z) }

    /// The z that Z exceeds with probability `p`; ±infinity at 0 and 1, NaN outside 0...1.
    package static func quantile(upperTail p: Double) -> Double {
        StudentT(degreesOfFreedom: .infinity).quantile(upperTail: p)
    }

    /// The z that Z does not exceed with probability `p`. For `p` near 1 ask for the upper tail: 1 − p has lost its digits.
    package static func quantile(_ p: Double) -> Double { -quantile(upperTail: p) }
}
