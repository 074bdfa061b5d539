public import FoundationEssentials

/// Why a column could not become a Swift value. It never holds the value itself.
public struct SQLDecodingFailure: Error, Sendable {
    public var reason: String

    public init(_ reason: String) {
        self.reason = reason
    }
}

/// A value that can be read from a column.
///
/// An enum with a raw value conforms by `extension RunState: SQLDecodable {}`.
public protocol SQLDecodable: Sendable {
    /// The format that the statement must ask for; a result has one format for all its columns, so one `.binary` decides for the whole row.
    static var sqlFormat: SQLFormat { get }
    /// What NULL becomes; `nil` where NULL is an error.
    static var sqlNull: Self? { get }
    /// - Parameters:
    ///   - bytes: the value as the server sent it, without a terminator.
    ///   - type: the type of the column.
    ///   - format: the form of `bytes`.
    init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure)
}

extension SQLDecodable {
    public static var sqlFormat: SQLFormat { .text }
    public static var sqlNull: Self? { nil }
}

extension SQLDecodable where Self: RawRepresentable, RawValue: SQLDecodable {
    public static var sqlFormat: SQLFormat { RawValue.sqlFormat }

    public init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        guard let value = Self(rawValue: try RawValue(sqlBytes: bytes, type: type, format: format)) else {
            throw SQLDecodingFailure("holds a value that \(Self.self) does not know")
        }
        self = value
    }
}

extension Optional: SQLDecodable where Wrapped: SQLDecodable {
    public static var sqlFormat: SQLFormat { Wrapped.sqlFormat }
    public static var sqlNull: Self? { .some(.none) }

    public init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        self = try Wrapped(sqlBytes: bytes, type: type, format: format)
    }
}

extension Int: SQLDecodable {
    public init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        self = try decodeInteger(bytes, type: type, format: format)
    }
}
extension Int64: SQLDecodable {
    public init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        self = try decodeInteger(bytes, type: type, format: format)
    }
}
extension Int32: SQLDecodable {
    public init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        self = try decodeInteger(bytes, type: type, format: format)
    }
}
extension Int16: SQLDecodable {
    public init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        self = try decodeInteger(bytes, type: type, format: format)
    }
}

extension Double: SQLDecodable {
    public init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        switch (format, type) {
        case (.text, _):
            guard let value = Double(try decodeText(bytes)) else { throw SQLDecodingFailure("is not a number") }
            self = value
        case (.binary, .float8):
            self = Double(bitPattern: try decodeBits(bytes))
        case (.binary, .float4):
            self = Double(Float(bitPattern: try decodeBits(bytes)))
        default:
            throw .unfit(type, "double precision")
        }
    }
}

extension Bool: SQLDecodable {
    public init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        guard type == .bool else { throw .unfit(type, "boolean") }
        let byte: UInt8 = try decodeBits(bytes)
        self = format == .text ? byte == UInt8(ascii: "t") : byte != 0
    }
}

extension String: SQLDecodable {
    public init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        guard format == .text || type.isTextInBinary else { throw .unfit(type, "text") }
        self = try decodeText(bytes)
    }
}

extension JSONText: SQLDecodable {
    public init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        switch (format, type) {
        case (.text, _), (.binary, .json):
            self.init(try decodeText(bytes))
        case (.binary, .jsonb):
            // The binary form of jsonb is its text behind one byte, the version.
            guard bytes.byteCount > 1 else { throw SQLDecodingFailure("is too short for jsonb") }
            self.init(try decodeText(bytes.extracting(1..<bytes.byteCount)))
        default:
            throw .unfit(type, "json")
        }
    }
}

extension UUID: SQLDecodable {
    public init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        guard type == .uuid else { throw .unfit(type, "uuid") }
        switch format {
        case .text:
            guard let value = UUID(uuidString: try decodeText(bytes)) else { throw SQLDecodingFailure("is not a uuid") }
            self = value
        case .binary:
            let bits: UInt128 = try decodeBits(bytes)
            self = unsafe withUnsafeBytes(of: bits.bigEndian) { unsafe UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
        }
    }
}

extension Date: SQLDecodable {
    public init(sqlBytes bytes: RawSpan, type: SQLType, format: SQLFormat) throws(SQLDecodingFailure) {
        guard type == .timestamptz else { throw .unfit(type, "timestamp with time zone") }
        switch format {
        case .text:
            guard let timestamp = Timestamp(text: try decodeText(bytes)) else { throw SQLDecodingFailure("is not a timestamp") }
            self = timestamp.date
        case .binary:
            self = Timestamp(microsecondsSince2000: Int64(bitPattern: try decodeBits(bytes))).date
        }
    }
}

extension SQLDecodingFailure {
    static func unfit(_ type: SQLType, _ wanted: String) -> SQLDecodingFailure {
        SQLDecodingFailure("has the type with the oid \(type.rawValue), which does not fit \(wanted); cast it in the statement")
    }
}

/// The bytes as a big-endian number.
func decodeBits<Bits: FixedWidthInteger & BitwiseCopyable>(_ bytes: RawSpan) throws(SQLDecodingFailure) -> Bits {
    guard bytes.byteCount == MemoryLayout<Bits>.size else { throw SQLDecodingFailure("has \(bytes.byteCount) bytes, which does not fit") }
    return unsafe Bits(bigEndian: bytes.unsafeLoadUnaligned(as: Bits.self))
}

func decodeText(_ bytes: RawSpan) throws(SQLDecodingFailure) -> String {
    guard let text = unsafe bytes.withUnsafeBytes({ unsafe String(validating: $0, as: UTF8.self) }) else {
        throw SQLDecodingFailure("is not valid UTF-8")
    }
    return text
}

private func decodeInteger<Value: FixedWidthInteger & SignedInteger>(
    _ bytes: RawSpan, type: SQLType, format: SQLFormat
) throws(SQLDecodingFailure) -> Value {
    let wide: Int64
    switch (format, type) {
    case (.text, _):
        guard let value = parseInteger(bytes) else { throw SQLDecodingFailure("is not an integer of 64 bits") }
        wide = value
    case (.binary, .int8): wide = Int64(bitPattern: try decodeBits(bytes))
    case (.binary, .int4): wide = Int64(Int32(bitPattern: try decodeBits(bytes)))
    case (.binary, .int2): wide = Int64(Int16(bitPattern: try decodeBits(bytes)))
    default: throw .unfit(type, "integer")
    }
    guard let value = Value(exactly: wide) else { throw SQLDecodingFailure("does not fit \(Value.bitWidth) bits") }
    return value
}

private func parseInteger(_ bytes: RawSpan) -> Int64? {
    unsafe bytes.withUnsafeBytes { buffer in
        let isNegative = unsafe buffer.first == UInt8(ascii: "-")
        guard buffer.count > (isNegative ? 1 : 0) else { return nil }
        var value: Int64 = 0
        for unsafe byte in unsafe buffer.dropFirst(isNegative ? 1 : 0) {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = isNegative ? tenfold.subtractingReportingOverflow(digit) : tenfold.addingReportingOverflow(digit)
            if overflow || overflow2 { return nil }
            value = sum
        }
        return value
    }
}
