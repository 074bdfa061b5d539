#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Log ratios as people read them: θ as 100·(e^θ − 1) per cent with three significant digits, and as a factor from a hundredfold on.
package enum PercentText {
    /// `rose by 215 %`, `fell by 60.6 %`, `rose to 1230 times its value`, `did not change`, `is not finite`.
    package static func verb(_ theta: Double) -> String {
        if theta == .infinity { return "is not finite" }
        if theta == -.infinity { return "is finite again" }
        if isFactor(theta) { return "rose to \(factor(theta)) times its value" }
        let size = size(theta)
        if size == "0 %" { return "did not change" }
        return (theta > 0 ? "rose by " : "fell by ") + size
    }

    /// `+12.3 %`, `−60.6 %`, `×1230`, `0 %`, `not finite`.
    package static func signed(_ theta: Double) -> String {
        if !theta.isFinite { return theta > 0 ? "not finite" : "finite again" }
        if isFactor(theta) { return "×" + factor(theta) }
        let size = size(theta)
        if size == "0 %" { return size }
        if isNearlyAll(theta) { return "below −99.9 %" }
        return (theta > 0 ? "+" : "−") + size
    }

    /// A share from 0 to 1: `1.5 %`.
    package static func share(_ share: Double) -> String { digits(100 * share) + " %" }

    /// A number above 0 as people read it: `12.4`, `0.99`.
    static func plain(_ value: Double) -> String { digits(value) }

    private static func isFactor(_ theta: Double) -> Bool { theta >= log(100) }

    private static func factor(_ theta: Double) -> String {
        let exponent = (theta / log(10)).rounded(.down)
        return exponent < 6 ? digits(exp(theta)) : "10^\(Int(exponent))"
    }

    /// The size of a change without its direction: `0.5 %`. A perplexity cannot fall by all of it, and rounding must not say so.
    package static func size(_ theta: Double) -> String {
        (isNearlyAll(theta) ? "more than 99.9" : digits(abs(100 * expm1(theta)))) + " %"
    }

    private static func isNearlyAll(_ theta: Double) -> Bool { 100 * expm1(theta) < -99.9 }

    /// Three significant digits, at most two places after the point, without trailing zeros; from 1000 on whole numbers with three
    /// significant digits.
    private static func digits(_ value: Double) -> String {
        var places = 2
        var unit = 0.01
        while places > 0, value / unit >= 999.5 {
            places -= 1
            unit = [1, 0.1, 0.01][places]
        }
        while value / unit >= 999.5 { unit *= 10 }
        let rounded = (value / unit).rounded()
        guard places > 0 else { return String(Int64(rounded * unit)) }
        let scaled = Int64(rounded)
        let base: Int64 = places == 2 ? 100 : 10
        var text = "\(scaled / base)"
        var fraction = scaled % base
        var width = places
        while width > 0, fraction % 10 == 0 {
            fraction /= 10
            width -= 1
        }
        if width > 0 {
            let tail = String(fraction)
            text += "." + String(repeating: "0", count: width - tail.count) + tail
        }
        return text
    }
}
