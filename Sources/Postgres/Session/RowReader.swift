/// A row type that reads its columns by name.
public protocol SQLRow {
    /// The format to ask for; a row with a numeric array must say `.binary`.
    static var sqlFormat: SQLFormat { get }
    init(row: inout RowReader) throws(PostgresError)
}

extension SQLRow {
    public static var sqlFormat: SQLFormat { .text }
}

/// One row of a result. Columns are read by name, in any order; in the order of the statement it is fastest.
public struct RowReader: ~Copyable {
    private let result: QueryResult
    private let row: Int
    private let statement: StaticString
    private var expected = 0

    init(_ result: QueryResult, row: Int, statement: StaticString) {
        self.result = result
        self.row = row
        self.statement = statement
    }

    public mutating func read<Value: SQLDecodable>(_ column: String, as type: Value.Type = Value.self) throws(PostgresError) -> Value {
        guard let position = result.column(named: column, expected: expected) else {
            throw PostgresError(.decoding, "The result has no column \(column).", statement: statement)
        }
        expected = position + 1
        return try read(at: position)
    }

    /// For a row whose columns are right one by one and wrong together.
    public func failure(_ column: String, _ reason: String) -> PostgresError {
        PostgresError(.decoding, "Column \(column) \(reason).", statement: statement)
    }

    mutating func readNext<Value: SQLDecodable>(_: Value.Type) throws(PostgresError) -> Value {
        defer { expected += 1 }
        return try read(at: expected)
    }

    private func read<Value: SQLDecodable>(at position: Int) throws(PostgresError) -> Value {
        do {
            return try result.decode(Value.self, row: row, column: position)
        } catch {
            throw failure(result.name(of: position), error.reason)
        }
    }
}
