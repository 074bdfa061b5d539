import CLibPQ

extension Session {
    /// All rows, each with its columns in the order of the statement: `rows("SELECT id, name FROM domain", as: (Int.self, String.self))`.
    public func rows<each Column: SQLDecodable>(
        _ sql: SQL, as types: (repeat (each Column).Type)
    ) throws(PostgresError) -> [(repeat each Column)] {
        var count = 0
        var format = SQLFormat.text
        for type in repeat each types {
            count += 1
            if type.sqlFormat == .binary { format = .binary }
        }
        let result = try run(sql, format: format)
        try expectColumns(count, in: result)
        var rows: [(repeat each Column)] = []
        rows.reserveCapacity(result.rowCount)
        for index in 0..<result.rowCount {
            var reader = RowReader(result, row: index, statement: wire.unit.name)
            rows.append((repeat try reader.readNext(each types)))
        }
        return rows
    }

    /// All rows of a statement with one column.
    public func rows<Column: SQLDecodable>(_ sql: SQL, as type: Column.Type) throws(PostgresError) -> [Column] {
        let result = try run(sql, format: Column.sqlFormat)
        try expectColumns(1, in: result)
        var rows: [Column] = []
        rows.reserveCapacity(result.rowCount)
        for index in 0..<result.rowCount {
            var reader = RowReader(result, row: index, statement: wire.unit.name)
            rows.append(try reader.readNext(type))
        }
        return rows
    }

    /// All rows, as a type that reads them by name.
    public func rows<Row: SQLRow>(_ sql: SQL, as type: Row.Type) throws(PostgresError) -> [Row] {
        let result = try run(sql, format: Row.sqlFormat)
        var rows: [Row] = []
        rows.reserveCapacity(result.rowCount)
        for index in 0..<result.rowCount {
            var reader = RowReader(result, row: index, statement: wire.unit.name)
            rows.append(try Row(row: &reader))
        }
        return rows
    }

    /// The one row that there must be.
    public func one<each Column: SQLDecodable>(
        _ sql: SQL, as types: (repeat (each Column).Type)
    ) throws(PostgresError) -> (repeat each Column) {
        let rows = try rows(sql, as: (repeat each types))
        try expect(rows.count == 1, "one row", rows.count)
        return rows[0]
    }

    public func one<Column: SQLDecodable>(_ sql: SQL, as type: Column.Type) throws(PostgresError) -> Column {
        let rows = try rows(sql, as: type)
        try expect(rows.count == 1, "one row", rows.count)
        return rows[0]
    }

    public func one<Row: SQLRow>(_ sql: SQL, as type: Row.Type) throws(PostgresError) -> Row {
        let rows = try rows(sql, as: type)
        try expect(rows.count == 1, "one row", rows.count)
        return rows[0]
    }

    /// The row, or nil when there is none; more than one is an error.
    public func first<each Column: SQLDecodable>(
        _ sql: SQL, as types: (repeat (each Column).Type)
    ) throws(PostgresError) -> (repeat each Column)? {
        let rows = try rows(sql, as: (repeat each types))
        try expect(rows.count <= 1, "one row at most", rows.count)
        return rows.first
    }

    public func first<Column: SQLDecodable>(_ sql: SQL, as type: Column.Type) throws(PostgresError) -> Column? {
        let rows = try rows(sql, as: type)
        try expect(rows.count <= 1, "one row at most", rows.count)
        return rows.first
    }

    public func first<Row: SQLRow>(_ sql: SQL, as type: Row.Type) throws(PostgresError) -> Row? {
        let rows = try rows(sql, as: type)
        try expect(rows.count <= 1, "one row at most", rows.count)
        return rows.first
    }

    private func expectColumns(_ count: Int, in result: QueryResult) throws(PostgresError) {
        guard result.columnCount == count else {
            throw PostgresError(
                .decoding, "The result has \(result.columnCount) columns where \(count) were asked for.", statement: wire.unit.name)
        }
    }

    private func expect(_ isTrue: Bool, _ expected: String, _ count: Int) throws(PostgresError) {
        guard isTrue else {
            throw PostgresError(.unexpectedRowCount, "Expected \(expected), found \(count).", statement: wire.unit.name)
        }
    }

    /// Reads the rows one at a time, in memory that does not grow with their number. The body must not use the session.
    public func forEachRow(_ sql: SQL, format: SQLFormat = .text, _ body: (inout RowReader) throws -> Void) throws {
        try noting { () throws(PostgresError) in
            try wire.send(sql, format: format)
            guard unsafe PQsetSingleRowMode(wire.handle) == 1 else { throw wire.lost() }
        }
        var bodyError: (any Error)?
        try noting { () throws(PostgresError) in
            var serverError: PostgresError?
            while let result = try wire.next() {
                switch result.status {
                case PGRES_SINGLE_TUPLE where bodyError == nil:
                    var reader = RowReader(result, row: 0, statement: wire.unit.name)
                    do { try body(&reader) } catch { bodyError = error }
                case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK, PGRES_COMMAND_OK:
                    break
                default:
                    serverError = serverError ?? result.error(statement: wire.unit.name)
                    try wire.finish(firstError: serverError)
                }
            }
        }
        if let bodyError { throw bodyError }
    }
}
