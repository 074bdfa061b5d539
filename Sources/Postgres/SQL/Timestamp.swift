import FoundationEssentials

/// A `timestamptz`: microseconds since 2000-01-01 00:00 UTC, as PostgreSQL counts them.
struct Timestamp: Hashable {
    /// `Int64.max` and `.min` are PostgreSQL's `infinity` and `-infinity`.
    var microsecondsSince2000: Int64

    /// Seconds between 2000-01-01 and 2001-01-01, where `Date` counts from: 2000 was a leap year.
    private static let secondsTo2001: Int64 = 366 * 86_400
    private static let microsecondsPerDay: Int64 = 86_400_000_000

    init(microsecondsSince2000: Int64) {
        self.microsecondsSince2000 = microsecondsSince2000
    }

    /// The nearest microsecond. What PostgreSQL cannot hold becomes an infinity.
    init(_ date: Date) {
        let microseconds = ((date.timeIntervalSinceReferenceDate + Double(Self.secondsTo2001)) * 1_000_000).rounded()
        microsecondsSince2000 = Int64(exactly: microseconds) ?? (microseconds > 0 ? .max : .min)
    }

    var date: Date {
        switch microsecondsSince2000 {
        case .max: .distantFuture
        case .min: .distantPast
        default: Date(timeIntervalSinceReferenceDate: Double(microsecondsSince2000) / 1_000_000 - Double(Self.secondsTo2001))
        }
    }

    /// `2026-01-31 09:05:07.000250+00`, with ` BC` before the year 1.
    var text: String {
        if microsecondsSince2000 == .max { return "infinity" }
        if microsecondsSince2000 == .min { return "-infinity" }
        let (days, time) = microsecondsSince2000.flooredDivision(by: Self.microsecondsPerDay)
        let (year, month, day) = Self.civil(daysSince2000: days)
        let seconds = time / 1_000_000
        let clock = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2)).\(padded(time % 1_000_000, 6))"
        let isBeforeChrist = year < 1
        let date = "\(padded(isBeforeChrist ? 1 - year : year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        return "\(date) \(clock)+00\(isBeforeChrist ? " BC" : "")"
    }

    /// Reads what PostgreSQL writes with `DateStyle=ISO` and `TimeZone=UTC`.
    init?(text: String) {
        if text == "infinity" { self.init(microsecondsSince2000: .max); return }
        if text == "-infinity" { self.init(microsecondsSince2000: .min); return }
        var rest = Array(text.utf8)[...]
        func number(until end: UInt8?) -> Int64? {
            let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            rest = rest.dropFirst(digits.count)
            guard !digits.isEmpty, digits.count < 10, end == nil || rest.first == end else { return nil }
            if end != nil { rest.removeFirst() }
            return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        }
        guard let year = number(until: UInt8(ascii: "-")), let month = number(until: UInt8(ascii: "-")),
            let day = number(until: UInt8(ascii: " ")),
            let hour = number(until: UInt8(ascii: ":")), let minute = number(until: UInt8(ascii: ":")), let second = number(until: nil),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var fraction: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            let digits = rest.count
            guard let value = number(until: nil), digits - rest.count <= 6 else { return nil }
            fraction = (digits - rest.count ..< 6).reduce(value) { value, _ in value * 10 }
        }
        let zone = String(decoding: rest, as: UTF8.self)
        guard zone == "+00" || zone == "+00 BC" else { return nil }
        let days = Self.daysSince2000(year: zone == "+00" ? year : 1 - year, month: month, day: day)
        self.init(microsecondsSince2000: days * Self.microsecondsPerDay + ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction)
    }

    // Both directions of the Gregorian calendar in eras of 400 years whose years begin on 1 March, so that the leap day comes last.
    // 2000-03-01 is day 60 (counted from 2000-01-01) and begins an era.

    private static func civil(daysSince2000: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (daysSince2000 - 60).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = 2000 + era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func daysSince2000(year: Int64, month: Int64, day: Int64) -> Int64 {
        let (era, yearOfEra) = ((month <= 2 ? year - 1 : year) - 2000).flooredDivision(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear + 60
    }
}

private func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Int64 {
    /// Quotient towards minus infinity, and a remainder that is never negative.
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
