/// The rule for names that a person types and a path may hold: `^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`, without `..`.
package enum Name {
    package static func isValid(_ text: String) -> Bool { isValid(text.utf8) }

    /// By bytes and in one pass: recording a run asks this for every part of every domain's name.
    static func isValid(_ units: some Collection<UInt8>) -> Bool {
        guard let first = units.first, isLetterOrDigit(first) else { return false }
        var count = 0
        var last: UInt8?
        for unit in units {
            count += 1
            guard count <= 128, isLetterOrDigit(unit) || unit == UInt8(ascii: ".") || unit == UInt8(ascii: "_") || unit == UInt8(ascii: "-")
            else { return false }
            if unit == UInt8(ascii: "."), last == unit { return false }
            last = unit
        }
        return true
    }

    /// A valid name made from any text: other characters become `-`. Nil when nothing remains.
    package static func slug(of text: String) -> String? {
        var units: [UInt8] = []
        for unit in text.utf8 {
            let allowed = isLetterOrDigit(unit) || unit == UInt8(ascii: "_") || unit == UInt8(ascii: ".")
            let next = allowed ? unit : UInt8(ascii: "-")
            if next == UInt8(ascii: "-") || next == UInt8(ascii: "."), let last = units.last, last == next { continue }
            units.append(next)
        }
        let trimmed = units.drop { !isLetterOrDigit($0) }.prefix(128)
        let text = String(decoding: trimmed, as: UTF8.self)
        return isValid(text) ? text : nil
    }

    private static func isLetterOrDigit(_ unit: UInt8) -> Bool {
        switch unit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
    }
}
