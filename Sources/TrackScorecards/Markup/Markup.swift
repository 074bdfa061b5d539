/// HTML or SVG that is safe to put on a page: written as a literal, in which every interpolated `String` is escaped.
///
/// There is no way to put a plain string into it unescaped, so that the one escaping function, ``EscapedText``, cannot be forgotten.
struct Markup: ExpressibleByStringInterpolation, CustomStringConvertible, Hashable, Sendable {
    private(set) var text: String

    static let empty: Markup = ""

    init(stringLiteral value: String) { text = value }

    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    private init(trusted text: String) { self.text = text }

    /// What a template inserts.
    var description: String { text }

    var isEmpty: Bool { text.isEmpty }

    static func + (a: Markup, b: Markup) -> Markup { Markup(trusted: a.text + b.text) }

    static func += (a: inout Markup, b: Markup) { a.text += b.text }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text: String

        init(literalCapacity: Int, interpolationCount: Int) {
            text = ""
            text.reserveCapacity(literalCapacity + 12 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: String) { text += literal }

        /// Text of a person or a program: escaped.
        mutating func appendInterpolation(_ value: String) { EscapedText.append(value, to: &text) }

        mutating func appendInterpolation(_ value: Markup) { text += value.text }

        mutating func appendInterpolation(_ value: Int) { text += String(value) }

        /// A coordinate of a figure, to a tenth of a unit.
        mutating func appendInterpolation(at value: Double) { text += Coordinate.text(value) }
    }
}

extension Sequence where Element == Markup {
    func joined() -> Markup { reduce(into: Markup.empty) { $0 += $1 } }
}

/// Numbers inside figures: short, and the same on every machine.
enum Coordinate {
    /// To a tenth, without a trailing `.0`. Values that are not finite have no place in a figure and become 0.
    static func text(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "0" }
        let tenths = Int((value * 10).rounded())
        let sign = tenths < 0 ? "-" : ""
        let size = tenths.magnitude
        return size % 10 == 0 ? "\(sign)\(size / 10)" : "\(sign)\(size / 10).\(size % 10)"
    }
}
