import CLibPQ

/// One result of the server. It is read-only and freed with this object.
// Safe: the pointer is private, is freed in deinit only, and every position is one that the server's counts allow or that libpq checks.
@safe final class QueryResult {
    private let pointer: OpaquePointer
    private let names: [String]
    private let types: [SQLType]
    let rowCount: Int

    init(_ pointer: OpaquePointer) {
        unsafe self.pointer = unsafe pointer
        let columns = unsafe PQnfields(pointer)
        names = (0..<columns).map { column in unsafe PQfname(pointer, column).map { unsafe String(cString: $0) } ?? "" }
        types = (0..<columns).map { unsafe SQLType(rawValue: PQftype(pointer, $0)) }
        rowCount = unsafe Int(PQntuples(pointer))
    }

    deinit {
        unsafe PQclear(pointer)
    }

    var status: ExecStatusType { unsafe PQresultStatus(pointer) }
    var columnCount: Int { names.count }
    func name(of column: Int) -> String { names[column] }

    /// The number of rows that the statement touched; 0 for statements that touch none.
    var affectedRows: Int { unsafe Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

    /// The statement that ran, in PostgreSQL's words: `COMMIT`, `ROLLBACK`, `INSERT 0 1`.
    var commandTag: String { unsafe String(cString: PQcmdStatus(pointer)) }

    /// For the answer to COPY: whether its data is binary.
    var isBinaryCopy: Bool { unsafe PQbinaryTuples(pointer) == 1 }

    /// The position of a column. Callers read columns mostly in the order of the statement, so the search begins at `expected`.
    func column(named name: String, expected: Int) -> Int? {
        if expected < names.count, names[expected] == name { return expected }
        return names.firstIndex(of: name)
    }

    func decode<Value: SQLDecodable>(_: Value.Type, row: Int, column: Int) throws(SQLDecodingFailure) -> Value {
        let (row, column) = (Int32(row), Int32(column))
        guard unsafe PQgetisnull(pointer, row, column) == 0 else {
            guard let null = Value.sqlNull else { throw SQLDecodingFailure("is NULL") }
            return null
        }
        let bytes = unsafe UnsafeRawBufferPointer(start: PQgetvalue(pointer, row, column), count: Int(PQgetlength(pointer, row, column)))
        return try Value(
            sqlBytes: unsafe bytes.bytes, type: types[Int(column)], format: unsafe PQfformat(pointer, column) == 1 ? .binary : .text)
    }

    /// What the server said, if this is an error.
    func error(statement: StaticString) -> PostgresError {
        func field(_ code: Character) -> String? {
            guard let code = code.asciiValue else { return nil }
            return unsafe PQresultErrorField(pointer, Int32(code)).map { unsafe String(cString: $0) }
        }
        // The letters are PostgreSQL's error fields (manual, 55.8): C state, M primary, n constraint, D detail, H hint, P position.
        let detail = [("DETAIL", field("D")), ("HINT", field("H")), ("POSITION", field("P"))]
            .compactMap { name, value in value.map { "\(name): \($0)" } }
        let message = unsafe field("M") ?? PostgresError.oneLine(String(cString: PQresultErrorMessage(pointer)))
        return PostgresError(
            .server, message, sqlState: field("C").map(SQLState.init), constraint: field("n"), statement: statement,
            detail: detail.isEmpty ? nil : detail.joined(separator: "\n"))
    }
}

extension PostgresError {
    /// libpq ends its messages with a line break and indents continuations by a tab.
    static func oneLine(_ message: String) -> String {
        message.split(whereSeparator: \.isNewline).joined(separator: " ").replacing("\t", with: " ")
    }
}
