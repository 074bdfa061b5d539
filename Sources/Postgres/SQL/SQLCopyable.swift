public import FoundationEssentials

/// A value that can be a column of a COPY in either format.
///
/// In binary the Swift type must match the column exactly: `Int` and `Int64` are `bigint`, `Int32` is `integer`, `Int16` is `smallint`,
/// `JSONText` is `jsonb`.
public protocol SQLCopyable: SQLEncodable {
    /// Appends the field of a binary COPY: its size as a big-endian Int32 (-1 for NULL), then its bytes.
    func appendSQLBinary(to line: inout [UInt8])
}

extension SQLCopyable where Self: RawRepresentable, RawValue: SQLCopyable {
    public func appendSQLBinary(to line: inout [UInt8]) { rawValue.appendSQLBinary(to: &line) }
}

extension Optional: SQLCopyable where Wrapped: SQLCopyable {
    public func appendSQLBinary(to line: inout [UInt8]) {
        switch self {
        case .none: line.append(bigEndian: Int32(-1))
        case .some(let value): value.appendSQLBinary(to: &line)
        }
    }
}

extension Int: SQLCopyable {
    public func appendSQLBinary(to line: inout [UInt8]) { line.append(field: Int64(self)) }
}
extension Int64: SQLCopyable {
    public func appendSQLBinary(to line: inout [UInt8]) { line.append(field: self) }
}
extension Int32: SQLCopyable {
    public func appendSQLBinary(to line: inout [UInt8]) { line.append(field: self) }
}
extension Int16: SQLCopyable {
    public func appendSQLBinary(to line: inout [UInt8]) { line.append(field: self) }
}
extension Double: SQLCopyable {
    public func appendSQLBinary(to line: inout [UInt8]) { line.append(field: bitPattern) }
}
extension Bool: SQLCopyable {
    public func appendSQLBinary(to line: inout [UInt8]) { line.append(field: UInt8(self ? 1 : 0)) }
}
extension Date: SQLCopyable {
    public func appendSQLBinary(to line: inout [UInt8]) { line.append(field: Timestamp(self).microsecondsSince2000) }
}

extension String: SQLCopyable {
    public func appendSQLBinary(to line: inout [UInt8]) {
        line.append(bigEndian: Int32(utf8.count))
        line.append(contentsOf: utf8)
    }
}

extension JSONText: SQLCopyable {
    public func appendSQLBinary(to line: inout [UInt8]) {
        line.append(bigEndian: Int32(text.utf8.count + 1))
        line.append(1)
        line.append(contentsOf: text.utf8)
    }
}

extension UUID: SQLCopyable {
    public func appendSQLBinary(to line: inout [UInt8]) {
        line.append(bigEndian: Int32(16))
        unsafe withUnsafeBytes(of: uuid) { unsafe line.append(contentsOf: $0) }
    }
}

extension Array: SQLCopyable where Element: SQLBinaryArrayElement {
    public func appendSQLBinary(to line: inout [UInt8]) {
        let bytes = Element.sqlBinary(self)
        line.append(bigEndian: Int32(bytes.count))
        line.append(contentsOf: bytes)
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: some FixedWidthInteger & BitwiseCopyable) {
        unsafe Swift.withUnsafeBytes(of: value.bigEndian) { unsafe append(contentsOf: $0) }
    }

    /// A field of fixed size.
    mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(field value: Value) {
        append(bigEndian: Int32(MemoryLayout<Value>.size))
        append(bigEndian: value)
    }
}
