#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How numbers are written on a page: few significant digits, a true minus sign, thin groups, never `−0`, and ∞ in words.
enum NumberText {
    static let absent = "–"
    static let minus = "−"
    /// Narrow and unbreakable: before a unit and between groups of digits.
    static let thin = "\u{202F}"
    static let notFinite = "∞ (not finite)"

    /// Rounded to `decimals` places, half away from zero, the integer part grouped from five digits on. `value` must be finite.
    static func fixed(_ value: Double, decimals: Int) -> String {
        var power = 1.0
        for _ in 0..<decimals { power *= 10 }
        let scaled = (abs(value) * power).rounded()
        guard scaled < 9e15 else { return (value < 0 ? minus : "") + scientific(abs(value)) }
        let units = UInt64(scaled)
        let sign = value < 0 && units > 0 ? minus : ""
        let unit = UInt64(power)
        let whole = grouped(units / unit)
        guard decimals > 0 else { return sign + whole }
        let fraction = String(units % unit)
        return sign + whole + "." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    /// `digits` significant digits, but at most `decimals` places after the point. `value` must be finite.
    static func significant(_ value: Double, digits: Int, decimals: Int) -> String {
        let size = abs(value)
        if size == 0 { return "0" }
        var limit = 1.0
        for _ in 0..<digits { limit *= 10 }
        var places = decimals
        var scaled = size
        for _ in 0..<decimals { scaled *= 10 }
        // The fewest places that do not show more than `digits` digits after rounding.
        while places > 0, scaled.rounded() >= limit {
            scaled /= 10
            places -= 1
        }
        return scaled.rounded() == 0 ? "0" : fixed(value, decimals: places)
    }

    /// A number that somebody chose: two significant digits, without zeros that would claim precision. `value` must be finite.
    static func stated(_ value: Double) -> String {
        var text = significant(value, digits: 2, decimals: 4)
        guard text.contains(".") else { return text }
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// A perplexity, four significant digits.
    static func perplexity(_ value: Double?) -> String {
        guard let value, !value.isNaN else { return absent }
        guard value.isFinite else { return notFinite }
        return value >= 1e6 ? scientific(value) : significant(value, digits: 4, decimals: 3)
    }

    /// Bits per byte, three places.
    static func bits(_ value: Double?) -> String {
        guard let value, !value.isNaN else { return absent }
        guard value.isFinite else { return notFinite }
        return value >= 1e6 ? scientific(value) : significant(value, digits: 4, decimals: 3)
    }

    /// A share from 0 to 1, in per cent.
    static func share(_ value: Double?) -> String {
        guard let value, value.isFinite else { return absent }
        if value > 0, value < 0.0005 { return "<" + thin + "0.1" + thin + "%" }
        return fixed(100 * value, decimals: 1) + thin + "%"
    }

    /// A p-value, two significant digits, from `< 0.001` to `1`.
    static func p(_ value: Double?) -> String {
        guard let value, !value.isNaN else { return absent }
        if value < 0.001 { return "<" + thin + "0.001" }
        return value > 0.99 ? "1" : significant(value, digits: 2, decimals: 3)
    }

    static func count(_ value: Int64?) -> String {
        guard let value else { return absent }
        return (value < 0 ? minus : "") + grouped(value.magnitude)
    }

    /// Decimal units, two significant digits or three: `1.3 GB`, `512 MB`. `value` must not be negative.
    static func bytes(_ value: Int64) -> String {
        var rest = Double(value)
        var unit = "B"
        for larger in ["kB", "MB", "GB", "TB"] where rest >= 999.5 {
            rest /= 1000
            unit = larger
        }
        return significant(rest, digits: rest < 100 ? 2 : 3, decimals: 1) + thin + unit
    }

    /// `1.23·10⁷`; `value` must be finite and positive.
    static func scientific(_ value: Double, decimals: Int = 2) -> String { scientific(log10: log10(value), decimals: decimals) }

    /// `1.23·10⁷` of a number given by its decimal logarithm.
    static func scientific(log10 logarithm: Double, decimals: Int = 2) -> String {
        var exponent = Int(logarithm.rounded(.down))
        var mantissa = pow(10, logarithm - Double(exponent))
        if mantissa >= 10 - 0.5 * pow(10, -Double(decimals)) {
            mantissa = 1
            exponent += 1
        }
        let raised: [Character: String] = [
            "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹", "-": "⁻",
        ]
        return fixed(mantissa, decimals: decimals) + "·10" + String(exponent).compactMap { raised[$0] }.joined()
    }

    private static func grouped(_ value: UInt64) -> String {
        let digits = String(value)
        guard digits.count > 4 else { return digits }
        var output = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { output += thin }
            output.append(digit)
        }
        return output
    }
}
