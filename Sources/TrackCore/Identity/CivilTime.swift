/// Writes and reads the form of a ``Timestamp`` for the years 1970 to 9999, which are all that are met.
///
/// Foundation does the same for every year and every form of ISO 8601, and loads its library of calendars and time zones for it: 1 ms at
/// the start of every `track`, and a hundredth of the work of recording a run.
enum CivilTime {
    private static let end: Int64 = 253_402_300_800_000
    private static let day: Int64 = 86_400_000

    /// `2026-11-23T05:41:07.250Z`; nil outside of those years.
    static func text(of milliseconds: Int64) -> String? {
        guard (0..<end).contains(milliseconds) else { return nil }
        let (days, time) = milliseconds.quotientAndRemainder(dividingBy: day)
        let date = date(days)
        let parts = [
            (date.year, 4, "-"), (date.month, 2, "-"), (date.day, 2, "T"), (time / 3_600_000, 2, ":"), (time / 60_000 % 60, 2, ":"),
            (time / 1000 % 60, 2, "."), (time % 1000, 3, "Z"),
        ] as [(Int64, Int, Unicode.Scalar)]
        return String(unsafeUninitializedCapacity: length) { text in
            var offset = 0
            for (number, width, separator) in parts {
                var rest = number
                for place in (offset..<(offset + width)).reversed() {
                    text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
                offset += width + 1
                text[offset - 1] = UInt8(ascii: separator)
            }
            return offset
        }
    }

    private static let length = 24

    /// What ``text(of:)`` writes; nil for every other text, also for one that means a time.
    static func milliseconds(of text: String) -> Int64? {
        var text = text
        return text.withUTF8 { bytes in
            guard bytes.count == length else { return nil }
            var offset = 0
            func number(_ width: Int, until separator: Unicode.Scalar) -> Int64? {
                defer { offset += width + 1 }
                var value: Int64 = 0
                for byte in bytes[offset..<(offset + width)] {
                    let digit = byte &- UInt8(ascii: "0")
                    guard digit < 10 else { return nil }
                    value = value * 10 + Int64(digit)
                }
                return bytes[offset + width] == UInt8(ascii: separator) ? value : nil
            }
            guard let year = number(4, until: "-"), let month = number(2, until: "-"), let day = number(2, until: "T"),
                let hour = number(2, until: ":"), let minute = number(2, until: ":"), let second = number(2, until: "."),
                let rest = number(3, until: "Z"), year >= 1970, (1...12).contains(month), hour < 24, minute < 60, second < 60
            else { return nil }
            let days = self.days(year: year, month: month, day: day)
            // A day that the month does not have would be one of the next.
            guard date(days) == (year, month, day) else { return nil }
            return days * self.day + ((hour * 60 + minute) * 60 + second) * 1000 + rest
        }
    }

    // Years begin on 1 March, so that the leap day comes last, in eras of 400 years; 1970-01-01 is day 719,468 of 0000-03-01.

    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).quotientAndRemainder(dividingBy: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
