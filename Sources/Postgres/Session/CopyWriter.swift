/// Takes the rows of one COPY.
public struct CopyWriter: ~Copyable {
    private static let chunk = 65_536

    private let wire: Wire
    private let isBinary: Bool
    private let columnCount: Int
    private var buffer: [UInt8] = []

    init(wire: Wire, isBinary: Bool, columnCount: Int) {
        self.wire = wire
        self.isBinary = isBinary
        self.columnCount = columnCount
        buffer.reserveCapacity(Self.chunk * 2)
        if isBinary {
            // Signature, flags and the length of an extension that does not exist (PostgreSQL manual, COPY, Binary Format).
            buffer.append(contentsOf: Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00])
            buffer.append(bigEndian: Int32(0))
            buffer.append(bigEndian: Int32(0))
        }
    }

    /// Adds a row, its values in the order of the statement's columns.
    public mutating func row<each Value: SQLCopyable>(_ values: repeat each Value) throws(PostgresError) {
        var count = 0
        if isBinary {
            buffer.append(bigEndian: Int16(columnCount))
            for value in repeat each values {
                value.appendSQLBinary(to: &buffer)
                count += 1
            }
        } else {
            for value in repeat each values {
                if count > 0 { buffer.append(UInt8(ascii: "\t")) }
                try appendText(value.sqlParameter)
                count += 1
            }
            buffer.append(UInt8(ascii: "\n"))
        }
        guard count == columnCount else {
            throw PostgresError(.encoding, "The row has \(count) values for \(columnCount) columns.", statement: wire.unit.name)
        }
        if buffer.count >= Self.chunk { try send() }
    }

    private mutating func appendText(_ parameter: SQLParameter) throws(PostgresError) {
        switch parameter {
        case .null:
            buffer.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "N")])
        case .text(let text):
            Quoting.appendCopyText(text, to: &buffer)
        case .binary(let bytes, .bytea):
            Quoting.appendCopyText("\\x" + Hexadecimal.encode(bytes), to: &buffer)
        case .binary:
            throw PostgresError(.encoding, "Numeric arrays need COPY in binary format.", statement: wire.unit.name)
        }
    }

    mutating func end() throws(PostgresError) {
        if isBinary { buffer.append(bigEndian: Int16(-1)) }
        try send()
    }

    private mutating func send() throws(PostgresError) {
        try wire.putCopyData(buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}
