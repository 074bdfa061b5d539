/// The object identifier of a PostgreSQL type. Those below are fixed for ever (`src/include/catalog/pg_type.dat`).
public struct SQLType: RawRepresentable, Sendable, Hashable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The server decides from the context.
    static let inferred = SQLType(rawValue: 0)
    static let bool = SQLType(rawValue: 16)
    static let bytea = SQLType(rawValue: 17)
    static let name = SQLType(rawValue: 19)
    static let int8 = SQLType(rawValue: 20)
    static let int2 = SQLType(rawValue: 21)
    static let int4 = SQLType(rawValue: 23)
    static let text = SQLType(rawValue: 25)
    static let json = SQLType(rawValue: 114)
    static let float4 = SQLType(rawValue: 700)
    static let float8 = SQLType(rawValue: 701)
    static let int2Array = SQLType(rawValue: 1005)
    static let int4Array = SQLType(rawValue: 1007)
    static let textArray = SQLType(rawValue: 1009)
    static let int8Array = SQLType(rawValue: 1016)
    static let float8Array = SQLType(rawValue: 1022)
    static let bpchar = SQLType(rawValue: 1042)
    static let varchar = SQLType(rawValue: 1043)
    static let timestamptz = SQLType(rawValue: 1184)
    static let uuid = SQLType(rawValue: 2950)
    static let uuidArray = SQLType(rawValue: 2951)
    static let jsonb = SQLType(rawValue: 3802)

    /// Whether the binary form of the type is its text: the text types, and types that a schema made itself (enums).
    var isTextInBinary: Bool {
        switch self {
        case .text, .varchar, .bpchar, .name, .json: true
        default: rawValue >= 16_384
        }
    }
}

/// How values travel. Text is the rule: it can be read in a log and in psql, and needs no date epoch. Numeric arrays and COPY are binary.
public enum SQLFormat: Int32, Sendable {
    case text = 0
    case binary = 1
}
