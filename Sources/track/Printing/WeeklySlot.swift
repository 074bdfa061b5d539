/// A wall-clock time of the week, as a person writes it: `Mon 06:00`.
package struct WeeklySlot: Hashable, Sendable, CustomStringConvertible {
    /// 1 is Monday, 7 is Sunday.
    package let isoWeekday: Int
    /// `HH:MM`
    package let at: String

    package init(isoWeekday: Int, at: String) {
        self.isoWeekday = isoWeekday
        self.at = at
    }

    /// Reads a day's English name, whole or its first three letters, and `HH:MM`; nil for anything else.
    package init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2 else { return nil }
        let day = words[0].lowercased()
        let names = WeeklySlot.days.map { $0.lowercased() }
        guard let index = names.firstIndex(where: { $0 == day || $0.prefix(3) == day }) else { return nil }
        let parts = words[1].split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].utf8.count), parts[1].utf8.count == 2, let hour = UInt(parts[0]),
            let minute = UInt(parts[1]), hour < 24, minute < 60, !words[1].contains("+")
        else { return nil }
        self.init(isoWeekday: index + 1, at: (hour < 10 ? "0\(hour)" : "\(hour)") + (minute < 10 ? ":0\(minute)" : ":\(minute)"))
    }

    package var description: String {
        ((1...7).contains(isoWeekday) ? String(WeeklySlot.days[isoWeekday - 1].prefix(3)) : "?") + " " + at
    }

    private static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
}
