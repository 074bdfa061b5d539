public import FoundationEssentials

/// An element whose array can be bound and read. Numbers travel binary, text and uuids as an array literal, and `[UInt8]` is `bytea`.
/// Arrays have one dimension and no NULL.
public protocol SQLArrayElement: Sendable {
    static var sqlArrayFormat: SQLFormat { get }
    static func encodeSQLArray(_ elements: [Self]) -> SQLParameter
    static func decodeSQLArray(_ bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) -> [Self]
}

extension Array: SQLEncodable where Element: SQLArrayElement {
    public var sqlParameter: SQLParameter { Element.encodeSQLArray(self) }
}

extension Array: SQLDecodable where Element: SQLArrayElement {
    public static var sqlFormat: SQLFormat { Element.sqlArrayFormat }

    public init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        self = try Element.decodeSQLArray(bytes, type: type, format: format)
    }
}

/// An element whose array travels in PostgreSQL's binary form.
public protocol SQLBinaryArrayElement: SQLArrayElement {
    static var sqlArrayType: SQLType { get }
    static func sqlBinary(_ elements: [Self]) -> [UInt8]
}

extension SQLBinaryArrayElement {
    public static var sqlArrayFormat: SQLFormat { .binary }

    public static func encodeSQLArray(_ elements: [Self]) -> SQLParameter {
        .binary(sqlBinary(elements), sqlArrayType)
    }
}

extension Double: SQLBinaryArrayElement {
    public static var sqlArrayType: SQLType { .float8Array }

    public static func sqlBinary(_ elements: [Double]) -> [UInt8] {
        NumericArray.encode(elements, element: .float8) { $0.bitPattern }
    }

    public static func decodeSQLArray(_ bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) -> [Double] {
        guard type == .float8Array, format == .binary else { throw .unfit(type, format, "double precision[]") }
        return try NumericArray.decode(bytes) { (bits: UInt64) in Double(bitPattern: bits) }
    }
}

extension Int64: SQLBinaryArrayElement {
    public static var sqlArrayType: SQLType { .int8Array }

    public static func sqlBinary(_ elements: [Int64]) -> [UInt8] {
        NumericArray.encode(elements, element: .int8) { $0 }
    }

    public static func decodeSQLArray(_ bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) -> [Int64] {
        guard type == .int8Array, format == .binary else { throw .unfit(type, format, "bigint[]") }
        return try NumericArray.decode(bytes) { (bits: Int64) in bits }
    }
}

extension Int: SQLBinaryArrayElement {
    public static var sqlArrayType: SQLType { .int8Array }

    public static func sqlBinary(_ elements: [Int]) -> [UInt8] {
        NumericArray.encode(elements, element: .int8) { Int64($0) }
    }

    public static func decodeSQLArray(_ bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) -> [Int] {
        guard type == .int8Array, format == .binary else { throw .unfit(type, format, "bigint[]") }
        return try NumericArray.decode(bytes) { (bits: Int64) in Int(bits) }
    }
}

extension Int32: SQLBinaryArrayElement {
    public static var sqlArrayType: SQLType { .int4Array }

    public static func sqlBinary(_ elements: [Int32]) -> [UInt8] {
        NumericArray.encode(elements, element: .int4) { $0 }
    }

    public static func decodeSQLArray(_ bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) -> [Int32] {
        guard type == .int4Array, format == .binary else { throw .unfit(type, format, "integer[]") }
        return try NumericArray.decode(bytes) { (bits: Int32) in bits }
    }
}

extension Int16: SQLBinaryArrayElement {
    public static var sqlArrayType: SQLType { .int2Array }

    public static func sqlBinary(_ elements: [Int16]) -> [UInt8] {
        NumericArray.encode(elements, element: .int2) { $0 }
    }

    public static func decodeSQLArray(_ bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) -> [Int16] {
        guard type == .int2Array, format == .binary else { throw .unfit(type, format, "smallint[]") }
        return try NumericArray.decode(bytes) { (bits: Int16) in bits }
    }
}

extension String: SQLBinaryArrayElement {
    public static var sqlArrayFormat: SQLFormat { .text }
    public static var sqlArrayType: SQLType { .textArray }

    /// As ``NumericArray`` has it, each element as long as it is: for COPY, of `text[]`.
    public static func sqlBinary(_ elements: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: Int32(elements.isEmpty ? 0 : 1))
        bytes.append(bigEndian: Int32(0))
        bytes.append(bigEndian: SQLType.text.rawValue)
        guard !elements.isEmpty else { return bytes }
        bytes.append(bigEndian: Int32(elements.count))
        bytes.append(bigEndian: Int32(1))
        for element in elements { element.appendSQLBinary(to: &bytes) }
        return bytes
    }

    /// An array literal whose type the server infers: `text[]`, or an array of an enum.
    public static func encodeSQLArray(_ elements: [String]) -> SQLParameter {
        .text(Quoting.array(elements))
    }

    public static func decodeSQLArray(_ bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) -> [String] {
        try TextArray.decode(bytes, format: format) { (element, type) throws(SQLDecodingFailure) in
            try String(sqlBytes: element, type: type, format: format)
        }
    }
}

extension UUID: SQLArrayElement {
    public static var sqlArrayFormat: SQLFormat { .text }

    /// An array literal; the server infers `uuid[]`.
    public static func encodeSQLArray(_ elements: [UUID]) -> SQLParameter {
        .text(Quoting.array(elements.lazy.map(\.uuidString)))
    }

    public static func decodeSQLArray(_ bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) -> [UUID] {
        guard type == .uuidArray else { throw .unfit(type, "uuid[]") }
        return try TextArray.decode(bytes, format: format) { (element, _) throws(SQLDecodingFailure) in
            try UUID(sqlBytes: element, type: .uuid, format: format)
        }
    }
}

/// `[UInt8]` is `bytea`.
extension UInt8: SQLBinaryArrayElement {
    public static var sqlArrayFormat: SQLFormat { .text }
    public static var sqlArrayType: SQLType { .bytea }
    public static func sqlBinary(_ elements: [UInt8]) -> [UInt8] { elements }

    public static func decodeSQLArray(_ bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) -> [UInt8] {
        guard type == .bytea else { throw .unfit(type, "bytea") }
        return try unsafe bytes.withUnsafeBytes { (buffer) throws(SQLDecodingFailure) in
            switch format {
            case .binary:
                return unsafe Array(buffer)
            case .text:
                guard let decoded = unsafe Hexadecimal.decode(buffer.dropFirst(2)) else { throw SQLDecodingFailure("is not hexadecimal") }
                return decoded
            }
        }
    }
}

extension SQLDecodingFailure {
    /// For numeric arrays, which are read in binary only.
    static func unfit(_ type: SQLType, _ format: SQLFormat, _ wanted: String) -> SQLDecodingFailure {
        format == .text
            ? SQLDecodingFailure("came as text; a statement that reads numeric arrays by name must ask for the binary format")
            : unfit(type, wanted)
    }
}
