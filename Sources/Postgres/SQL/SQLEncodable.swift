public import FoundationEssentials

/// One bound value as it travels to the server.
public enum SQLParameter: Sendable, Hashable {
    case null
    /// Text whose type the server infers.
    case text(String)
    /// The binary form of the named type.
    case binary([UInt8], SQLType)
}

/// A value that can be bound to a statement.
///
/// An enum with a raw value conforms by `extension RunState: SQLEncodable {}`.
public protocol SQLEncodable: Sendable {
    var sqlParameter: SQLParameter { get }
}

extension SQLEncodable where Self: RawRepresentable, RawValue: SQLEncodable {
    public var sqlParameter: SQLParameter { rawValue.sqlParameter }
}

extension Optional: SQLEncodable where Wrapped: SQLEncodable {
    public var sqlParameter: SQLParameter {
        switch self {
        case .none: .null
        case .some(let value): value.sqlParameter
        }
    }
}

extension Int: SQLEncodable {
    public var sqlParameter: SQLParameter { .text(String(self)) }
}
extension Int64: SQLEncodable {
    public var sqlParameter: SQLParameter { .text(String(self)) }
}
extension Int32: SQLEncodable {
    public var sqlParameter: SQLParameter { .text(String(self)) }
}
extension Int16: SQLEncodable {
    public var sqlParameter: SQLParameter { .text(String(self)) }
}
extension Bool: SQLEncodable {
    public var sqlParameter: SQLParameter { .text(self ? "true" : "false") }
}
extension String: SQLEncodable {
    public var sqlParameter: SQLParameter { .text(self) }
}
extension UUID: SQLEncodable {
    public var sqlParameter: SQLParameter { .text(uuidString) }
}

extension Double: SQLEncodable {
    /// The shortest text that reads back as the same number.
    public var sqlParameter: SQLParameter {
        if isNaN { return .text("NaN") }
        if isInfinite { return .text(self > 0 ? "Infinity" : "-Infinity") }
        return .text(description)
    }
}

extension Date: SQLEncodable {
    /// A `timestamptz` of microseconds.
    public var sqlParameter: SQLParameter { .text(Timestamp(self).text) }
}

/// A JSON document as text, for `json` and `jsonb` columns.
public struct JSONText: Sendable, Hashable {
    public var text: String

    public init(_ text: String) {
        self.text = text
    }
}

extension JSONText: SQLEncodable {
    public var sqlParameter: SQLParameter { .text(text) }
}
