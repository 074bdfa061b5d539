#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif
import TrackReview

/// A log ratio θ written as a change: 100·(e^θ − 1) in per cent, and as a factor from a hundredfold on.
enum ChangeText {
    /// `+12.3 %`, `−60.5 %`, `0 %`, `×1234`, `∞ (not finite)`.
    static func of(_ theta: Double) -> String {
        let number = number(theta)
        return isFactor(theta) || !theta.isFinite ? number : number + NumberText.thin + "%"
    }

    static func of(_ theta: Double?) -> String { theta.map { of($0) } ?? NumberText.absent }

    /// The interval of an estimate, `+10.1 to +14.5 %`; nil when it was not tested.
    static func interval(_ estimate: Scorecard.Estimate) -> String? {
        guard let low = estimate.low, let high = estimate.high, !low.isNaN, !high.isNaN else { return nil }
        let sameUnit = isFactor(low) == isFactor(high) && low.isFinite && high.isFinite
        return (sameUnit && !isFactor(low) ? number(low) : of(low)) + " to " + of(high)
    }

    /// `+12.3 % (95 % interval +10.1 to +14.5 %)`.
    static func sentence(_ estimate: Scorecard.Estimate) -> String {
        of(estimate.theta) + (interval(estimate).map { " (95\(NumberText.thin)% interval \($0))" } ?? " (untested)")
    }

    /// A size without a direction, `0.5 %`: a margin, or the smallest change that can be seen.
    static func margin(_ size: Double) -> String {
        let percent = 100 * expm1(abs(size))
        guard percent.isFinite, percent < 1e4 else { return of(abs(size)) }
        return NumberText.stated(percent) + NumberText.thin + "%"
    }

    /// A round change given in per cent as an axis shows it: `+100 %`, `−0.5 %`, `0`.
    static func tick(percent: Double) -> String {
        if percent == 0 { return "0" }
        let places = (0...2).first { decimals in
            let units = percent * (decimals == 0 ? 1 : decimals == 1 ? 10 : 100)
            return abs(units - units.rounded()) < 1e-6
        }
        return signed(NumberText.fixed(percent, decimals: places ?? 2)) + NumberText.thin + "%"
    }

    private static func number(_ theta: Double) -> String {
        guard !theta.isNaN else { return "not a number" }
        guard theta.isFinite else { return (theta < 0 ? NumberText.minus : "") + NumberText.notFinite }
        if isFactor(theta) {
            return theta < 6 * log(10) ? "×" + NumberText.significant(exp(theta), digits: 3, decimals: 0)
                : "×" + NumberText.scientific(log10: theta / log(10))
        }
        let percent = 100 * expm1(theta)
        // A perplexity cannot fall by all of it: rounding must not say so.
        if percent < -99.95 { return "below " + NumberText.minus + "99.9" }
        return signed(NumberText.significant(percent, digits: 3, decimals: 2))
    }

    /// A hundredfold or more: a per cent sign would only hide the size.
    private static func isFactor(_ theta: Double) -> Bool { theta.isFinite && theta >= log(100) }

    private static func signed(_ text: String) -> String { text == "0" || text.hasPrefix(NumberText.minus) ? text : "+" + text }
}
