package import TrackCore

/// A week of ISO 8601, Monday to Sunday, in UTC. Week 1 is the one with the year's first Thursday. Written `2026-W47`.
package struct ISOWeek: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The year that the week belongs to; the calendar year of its Thursday.
    package let year: Int
    /// 1...53.
    package let week: Int

    /// The week in which a moment lies.
    package init(_ time: Timestamp) {
        let milliseconds: Int64 = 86_400_000
        let day = Int((time.milliseconds - ((time.milliseconds % milliseconds) + milliseconds) % milliseconds) / milliseconds)
        self.init(day: day)
    }

    /// Reads `2026-W47`; nil for anything else, and for a week 53 that the year does not have.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 4, parts[1].utf8.count == 3, parts[1].first == "W",
            (parts[0] + parts[1].dropFirst()).utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let year = Int(parts[0]), let week = Int(parts[1].dropFirst()), year >= 1, (1...53).contains(week)
        else { return nil }
        // 4 January lies in week 1; the same day of the week, `week − 1` weeks on, must lie in the week asked for.
        let found = ISOWeek(day: CivilDay.number(year: year, month: 1, day: 4) + 7 * (week - 1))
        guard found.year == year, found.week == week else { return nil }
        self = found
    }

    /// Days since 1 January 1970, which was a Thursday.
    private init(day: Int) {
        let weekday = (((day + 3) % 7) + 7) % 7
        let thursday = day - weekday + 3
        year = CivilDay.year(of: thursday)
        week = (thursday - CivilDay.number(year: year, month: 1, day: 1)) / 7 + 1
    }

    package var description: String { Self.padded(year, 4) + "-W" + Self.padded(week, 2) }

    package static func < (a: ISOWeek, b: ISOWeek) -> Bool { (a.year, a.week) < (b.year, b.week) }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// Days of the proleptic Gregorian calendar, counted from 1 January 1970.
private enum CivilDay {
    static func number(year: Int, month: Int, day: Int) -> Int {
        // Years that begin in March put the leap day at their end: the day of such a year is (153·m + 2)/5 + d − 1.
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return 365 * shifted + floor(shifted, 4) - floor(shifted, 100) + floor(shifted, 400) + dayOfYear - 719_468
    }

    static func year(of day: Int) -> Int {
        var year = 1970 + floor(day * 400, 146_097)
        while number(year: year, month: 1, day: 1) > day { year -= 1 }
        while number(year: year + 1, month: 1, day: 1) <= day { year += 1 }
        return year
    }

    private static func floor(_ value: Int, _ divisor: Int) -> Int {
        value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
    }
}
