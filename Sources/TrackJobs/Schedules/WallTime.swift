/// `HH:MM` on a wall clock.
enum WallTime {
    /// From 00:00 to 23:59, two digits each.
    static func isValid(_ text: String) -> Bool {
        let units = Array(text.utf8)
        guard units.count == 5, units[2] == UInt8(ascii: ":") else { return false }
        let digits = [units[0], units[1], units[3], units[4]].map { Int($0) - Int(UInt8(ascii: "0")) }
        guard digits.allSatisfy({ (0...9).contains($0) }) else { return false }
        return digits[0] * 10 + digits[1] < 24 && digits[2] < 6
    }
}
