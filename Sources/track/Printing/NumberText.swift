import Glibc
package import TrackCore

/// Numbers as a person reads them. Nothing here is read back by a program.
package enum NumberText {
    package static let none = "-"

    /// Two decimals, fewer for large values; `inf` for a broken model.
    package static func perplexity(_ value: Double?) -> String {
        guard let value else { return none }
        guard value.isFinite else { return value.isNaN ? "nan" : "inf" }
        switch value {
        case ..<1_000: return fixed(value, 2)
        case ..<100_000: return fixed(value, 0)
        default: return scientific(value)
        }
    }

    /// Bits per byte, three decimals; those of a broken model as its perplexity.
    package static func bits(_ value: Double?) -> String {
        guard let value, value < 1_000 else { return perplexity(value) }
        return fixed(value, 3)
    }

    /// e^θ − 1 in per cent, with its sign: `+215.3 %`.
    package static func change(logRatio: Double?) -> String {
        guard let logRatio else { return none }
        if logRatio.isNaN { return "nan" }
        let percent = expm1(logRatio) * 100
        guard percent.isFinite else { return "not finite" }
        let text = percent.magnitude < 100_000 ? fixed(percent, 1) : scientific(percent)
        if text == "-0.0" || text == "0.0" { return "0.0 %" }
        return (percent > 0 ? "+" : "") + text + " %"
    }

    /// An interval of the same: `-1.2 to +0.4 %`.
    package static func interval(low: Double?, high: Double?) -> String {
        guard let low, let high else { return "" }
        let start = change(logRatio: low)
        let end = change(logRatio: high)
        return (start.hasSuffix(" %") && end.hasSuffix(" %") ? String(start.dropLast(2)) : start) + " to " + end
    }

    package static func probability(_ value: Double?) -> String {
        guard let value else { return "" }
        return value < 0.001 ? "<0.001" : fixed(value, 3)
    }

    /// Decimals without an exponent.
    package static func fixed(_ value: Double, _ digits: Int) -> String { formatted("%.\(digits)f", value) }

    /// `1,234,567`
    package static func grouped(_ value: Int64) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// Parameters: `44,288`, `0.70 M`, `7.24 B`.
    package static func parameters(_ value: Int64) -> String {
        switch value {
        case ..<100_000: grouped(value)
        case ..<1_000_000_000: fixed(Double(value) / 1e6, 2) + " M"
        default: fixed(Double(value) / 1e9, 2) + " B"
        }
    }

    /// `812 B`, `1.4 MB`; powers of a thousand.
    package static func bytes(_ value: Int64) -> String {
        var rest = Double(value)
        for unit in ["B", "kB", "MB", "GB"] {
            if rest < 1000 { return fixed(rest, unit == "B" || rest >= 100 ? 0 : 1) + " " + unit }
            rest /= 1000
        }
        return fixed(rest, 1) + " TB"
    }

    /// `1 domain`, `6 domains`
    package static func counted(_ count: Int, _ word: String, plural: String? = nil) -> String {
        "\(grouped(Int64(count))) \(count == 1 ? word : plural ?? word + "s")"
    }

    /// `2026-11-23 05:41 UTC`
    package static func time(_ time: Timestamp?) -> String {
        guard let time else { return none }
        let text = time.description
        return text.prefix(10) + " " + text.dropFirst(11).prefix(5) + " UTC"
    }

    private static func scientific(_ value: Double) -> String { formatted("%.2e", value) }

    private static func formatted(_ format: String, _ value: Double) -> String {
        var buffer = [CChar](repeating: 0, count: 400)
        let count = withVaList([value]) { vsnprintf(&buffer, buffer.count, format, $0) }
        return String(decoding: buffer.prefix(max(0, Int(count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
