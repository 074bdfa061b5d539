#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Perplexities in sentences.
enum PerplexityText {
    /// Four significant digits, at most three places after the point; a power of ten from a thousand million on. `value` is finite and
    /// above 0.
    static func of(_ value: Double) -> String {
        guard value < 1e9 else { return "10^\(Int(log10(value)))" }
        let places = value < 9.9995 ? 3 : value < 99.995 ? 2 : value < 999.95 ? 1 : 0
        let unit = pow(10, Double(places))
        let scaled = Int64((value * unit).rounded())
        guard places > 0 else { return "\(scaled)" }
        let fraction = "\(scaled % Int64(unit))"
        return "\(scaled / Int64(unit))." + String(repeating: "0", count: places - fraction.count) + fraction
    }
}
