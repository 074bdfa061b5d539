/// A SQL statement and the values bound to it.
///
/// It is written as a literal; interpolated values become `$1`, `$2`, … and travel apart from the text:
/// ```swift
/// let sql: SQL = "SELECT name FROM domain WHERE id = \(id) AND \(fragment: filter)"
/// ```
/// There is no initialiser from `String`; text made at run time enters only by ``init(unchecked:)``, so that one search finds every
/// such place.
public struct SQL: Sendable {
    /// The text around the parameters: always one piece more than there are parameters.
    private(set) var pieces: [String]
    private(set) var parameters: [SQLParameter]

    /// SQL text that nobody checks. Never make it from anything that came from outside.
    public init(unchecked text: String) {
        pieces = [text]
        parameters = []
    }

    /// The text with `$n` where values are bound.
    public var text: String {
        guard pieces.count > 1 else { return pieces[0] }
        var text = pieces[0]
        for index in 1..<pieces.count {
            text += "$\(index)"
            text += pieces[index]
        }
        return text
    }

    mutating func append(text: String) {
        pieces[pieces.count - 1] += text
    }

    mutating func append(parameter: SQLParameter) {
        parameters.append(parameter)
        pieces.append("")
    }

    mutating func append(_ other: SQL) {
        append(text: other.pieces[0])
        pieces.append(contentsOf: other.pieces.dropFirst())
        parameters.append(contentsOf: other.parameters)
    }
}

extension SQL: ExpressibleByStringInterpolation {
    public struct StringInterpolation: StringInterpolationProtocol {
        var sql = SQL(unchecked: "")

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) {
            sql.append(text: literal)
        }

        /// Binds a value.
        public mutating func appendInterpolation(_ value: some SQLEncodable) {
            sql.append(parameter: value.sqlParameter)
        }

        /// Binds a value, or NULL. An overload of its own, because the compiler warns of an optional where a generic value is interpolated.
        public mutating func appendInterpolation<Value: SQLEncodable>(_ value: Value?) {
            sql.append(parameter: value.sqlParameter)
        }

        /// Splices another piece of SQL in; its parameters are numbered anew.
        public mutating func appendInterpolation(fragment: SQL) {
            sql.append(fragment)
        }

        /// Writes a quoted identifier that is known when the program is built.
        public mutating func appendInterpolation(identifier: StaticString) {
            sql.append(text: Quoting.identifier(identifier.description))
        }
    }

    public init(stringLiteral value: String) {
        self.init(unchecked: value)
    }

    public init(stringInterpolation: StringInterpolation) {
        self = stringInterpolation.sql
    }
}

extension Sequence<SQL> {
    /// The pieces one after the other with the separator between them, for example `filters.joined(separator: " AND ")`.
    public func joined(separator: SQL) -> SQL {
        var joined = SQL(unchecked: "")
        for (index, piece) in enumerated() {
            if index > 0 { joined.append(separator) }
            joined.append(piece)
        }
        return joined
    }
}
