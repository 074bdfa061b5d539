package import FoundationEssentials

/// A moment in UTC, in whole milliseconds since 1970. Written `2026-11-23T05:41:07.250Z`.
///
/// Whole numbers, so that a time survives text, PostgreSQL and back without a changed digit.
package struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// The nearest millisecond.
    package init(_ date: Date) { milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded()) }

    /// Reads ISO 8601 in UTC or with an offset, with or without fractional seconds, of a year of four digits; nil for anything else.
    ///
    /// The fraction is read apart from the rest: as a part of a floating-point date it would lose its last digit.
    package init?(_ text: String) {
        if let milliseconds = CivilTime.milliseconds(of: text) {
            self.milliseconds = milliseconds
            return
        }
        var fraction = 0.0
        var whole = text
        if let point = text.firstIndex(of: ".") {
            let digits = text[text.index(after: point)...].prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty, let value = Double("0." + digits) else { return nil }
            fraction = value
            whole.removeSubrange(point..<digits.endIndex)
        }
        guard let date = try? Date.ISO8601FormatStyle().parse(whole) else { return nil }
        milliseconds = Int64(date.timeIntervalSince1970.rounded()) * 1000 + Int64((fraction * 1000).rounded())
        guard Timestamp.years.contains(milliseconds) else { return nil }
    }

    /// The years 0000, by the Julian calendar, to 9999. Foundation reads more digits than ISO 8601 has, and an offset can lead beyond.
    private static let years = Int64(-62_167_392_000_000)...253_402_300_799_999

    package var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    package var description: String {
        if let text = CivilTime.text(of: milliseconds) { return text }
        let rest = milliseconds % 1000
        let fraction = rest < 0 ? rest + 1000 : rest
        let whole = Date(timeIntervalSince1970: Double((milliseconds - fraction) / 1000)).formatted(Date.ISO8601FormatStyle())
        return whole.dropLast() + "." + String(String(fraction + 1000).dropFirst()) + "Z"
    }

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    package func adding(seconds: Double) -> Timestamp {
        Timestamp(milliseconds: milliseconds + Int64((seconds * 1000).rounded()))
    }
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let time = Timestamp(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a time is written in ISO 8601, for example 2026-11-23T05:41:07.250Z")
        }
        self = time
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
