#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Student's t with real degrees of freedom ν > 0; ν = ∞ is the standard normal.
///
/// With r = t/√ν and a = ν/2 the upper tail is half a regularised incomplete beta, I_x(a, ½) / 2 at x = 1/(1 + r²), and its
/// complement ½ − C(t) near the centre. Both are evaluated by sums and fractions of positive terms only, in r rather than in
/// 1 − x, so that no digits cancel: 12 digits hold for every ν and as far out as a Double reaches.
/// Invalid arguments (ν ≤ 0, NaN) give NaN.
package struct StudentT: Sendable {
    package let degreesOfFreedom: Double
    /// Γ(a + ½) / Γ(a).
    private let gammaRatio: Double

    package init(degreesOfFreedom: Double) {
        self.degreesOfFreedom = degreesOfFreedom > 0 ? degreesOfFreedom : .nan
        gammaRatio = Self.gammaRatio(degreesOfFreedom / 2)
    }

    /// P(T > t).
    package func survival(_ t: Double) -> Double { t < 0 ? 1 - upperTail(-t) : upperTail(t) }

    /// P(T ≤ t).
    package func cumulative(_ t: Double) -> Double { survival(-t) }

    /// The t that T exceeds with probability `p`; ±infinity at 0 and 1, NaN outside 0...1.
    package func quantile(upperTail p: Double) -> Double {
        guard p >= 0, p <= 1, !degreesOfFreedom.isNaN else { return .nan }
        if p > 0.5 { return -quantile(upperTail: 1 - p) }
        if p == 0.5 { return 0 }
        if p == 0 { return .infinity }
        return p <= upperTail(centreEnd) ? tailQuantile(p) : centralQuantile(0.5 - p)
    }

    /// The t that T does not exceed with probability `p`. For `p` near 1 ask for the upper tail: 1 − p has lost its digits.
    package func quantile(_ p: Double) -> Double { -quantile(upperTail: p) }
}

// MARK: - The tail

extension StudentT {
    private var isNormal: Bool { degreesOfFreedom == .infinity }

    /// Where the tail's fraction takes over from the centre's series: (a + 1) r² = 1.5, where both converge fast.
    private var centreEnd: Double {
        isNormal ? 3.0.squareRoot() : (3 * degreesOfFreedom / (degreesOfFreedom + 2)).squareRoot()
    }

    /// P(T > t) for t ≥ 0.
    private func upperTail(_ t: Double) -> Double {
        guard !t.isNaN, !degreesOfFreedom.isNaN else { return .nan }
        if t == .infinity { return 0 }
        if isNormal { return NormalDistribution.survival(t) }
        return t > centreEnd ? exp(logTail(t).value) : 0.5 - central(t)
    }

    /// ln P(T > t) for t beyond the centre, and its derivative by ln t. In logarithms, so that a search may look past the
    /// smallest Double.
    ///
    /// I_x(a, ½) = x^a (1−x)^(−½) / (a B(a, ½)) · F(1, ½; a+1; −1/r²) (DLMF 8.17.8 with 15.8.1). The fraction of F is due to
    /// Gauss (DLMF 15.7.5), here with positive elements throughout; as ν → ∞ it becomes Laplace's fraction for the normal tail.
    private func logTail(_ t: Double) -> (value: Double, slope: Double) {
        let fraction = gaussFraction(t)
        guard !isNormal else {
            return (-t * t / 2 - log(t) - log(2 * Double.pi) / 2 + log(fraction), -t * t / fraction)
        }
        let r = t / degreesOfFreedom.squareRoot()
        let sine = 1 / (1 + 1 / (r * r)).squareRoot()
        let value = log(fraction * gammaRatio / (sine * degreesOfFreedom * Double.pi.squareRoot())) + logPower(r)
        return (value, -degreesOfFreedom * sine * sine / fraction)
    }

    /// 1/(1 + k₁/(1 + k₂/(1 + …))) by the method of Lentz.
    private func gaussFraction(_ t: Double) -> Double {
        var c = 1.0
        var d = 0.0
        var value = 1.0
        for n in 1...2_000 {
            let k = gaussElement(n, t)
            d = 1 / (1 + k * d)
            c = 1 + k / c
            value *= c * d
            if abs(c * d - 1) < 1e-16 { break }
        }
        return 1 / value
    }

    private func gaussElement(_ n: Int, _ t: Double) -> Double {
        if isNormal { return Double(n) / (t * t) }
        let a = degreesOfFreedom / 2
        let r = t / degreesOfFreedom.squareRoot()
        let m = Double(n / 2)
        let element =
            n.isMultiple(of: 2)
            ? m / (a + 2 * m - 1) * ((a + m - 0.5) / (a + 2 * m))
            : (m + 0.5) / (a + 2 * m + 1) * ((a + m) / (a + 2 * m))
        return element / r / r
    }

    /// ln x^a = −a ln(1 + r²); r² alone would overflow.
    private func logPower(_ r: Double) -> Double {
        -degreesOfFreedom / 2 * (r > 1e9 ? 2 * log(r) : log1p(r * r))
    }

    /// Newton on ln P against ln t, which is concave. P(T > t) ≤ ½ (1 + r²)^(−a) gives a start to the right of the root, from
    /// where every step stays to the right of it.
    private func tailQuantile(_ p: Double) -> Double {
        let exponent = -2 * log(2 * p)
        let start =
            isNormal
            ? exponent.squareRoot()
            : (exp(exponent / degreesOfFreedom / 2) * (-expm1(-exponent / degreesOfFreedom)).squareRoot())
                * degreesOfFreedom.squareRoot()
        guard start.isFinite else { return .infinity }
        return newton(from: max(start, centreEnd), target: log(p), logTail)
    }
}

// MARK: - The centre

extension StudentT {
    /// P(0 < T < t) = I_y(½, a) / 2 at y = 1 − x, by F(a + ½, 1; 3/2; y), whose terms are positive (DLMF 8.17.8).
    private func central(_ t: Double) -> Double {
        if isNormal { return erf(t * 0.5.squareRoot()) / 2 }
        let a = degreesOfFreedom / 2
        let r = t / degreesOfFreedom.squareRoot()
        let y = r * r / (1 + r * r)
        var term = 1.0
        var sum = 1.0
        var n = 0.0
        while term > sum * 1e-17 {
            term *= (a + 0.5 + n) / (1.5 + n) * y
            sum += term
            n += 1
        }
        return gammaRatio / Double.pi.squareRoot() * (r / (1 + r * r).squareRoot()) * exp(logPower(r)) * sum
    }

    private func density(_ t: Double) -> Double {
        if isNormal { return exp(-t * t / 2) / (2 * Double.pi).squareRoot() }
        let r = t / degreesOfFreedom.squareRoot()
        return gammaRatio / (Double.pi * degreesOfFreedom).squareRoot() * exp(logPower(r)) / (1 + r * r).squareRoot()
    }

    /// The t with P(0 < T < t) = `mass`. The chord by the density at 0 starts to the left of the root, and the function is concave.
    private func centralQuantile(_ mass: Double) -> Double {
        newton(from: mass / density(0), target: log(mass)) { t in
            let value = central(t)
            return (log(value), t * density(t) / value)
        }
    }
}

extension StudentT {
    /// Solves f(ln t) = target for t > 0, where `logarithm` gives f and its slope by ln t.
    private func newton(from start: Double, target: Double, _ logarithm: (Double) -> (value: Double, slope: Double)) -> Double {
        var t = start
        for _ in 0..<80 {
            let (value, slope) = logarithm(t)
            let step = (target - value) / slope
            t *= exp(step)
            // The error left is about the square of the step.
            if abs(step) < 1e-9 { break }
        }
        return t
    }

    /// Γ(a + ½) / Γ(a): raised to a ≥ 32 by recurrence, then the asymptotic series (DLMF 5.11.13), whose rest is below 1e-15.
    private static func gammaRatio(_ a: Double) -> Double {
        guard a > 0 else { return .nan }
        var a = a
        var factor = 1.0
        while a < 32 {
            factor *= a / (a + 0.5)
            a += 1
        }
        let h = 1 / a
        let series = [
            1.0, -1.0 / 8, 1.0 / 128, 5.0 / 1024, -21.0 / 32_768, -399.0 / 262_144, 869.0 / 4_194_304, 39_325.0 / 33_554_432,
        ]
        return factor * a.squareRoot() * series.reversed().reduce(0) { $0 * h + $1 }
    }
}
