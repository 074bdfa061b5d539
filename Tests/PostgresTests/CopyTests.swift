import Foundation
import Testing

@testable import Postgres

@Suite struct CopyTests {
    private let server = ServerUnderTest.shared

    @Test("rows are copied in text and in binary, NULL and every special character with them", arguments: ["", "(FORMAT binary)"] as [SQL])
    func bothFormats(format: SQL) async throws {
        let texts = ["", "\\N", "a\tb\nc\rd\\e", "\\.", "🙂", "\u{0B}\u{08}'\""]
        let id = UUID()
        let date = Date(timeIntervalSince1970: 1_790_000_000.5)
        let database = try await server.database()
        let read = try await database.write("test.copy") { db in
            try db.execute(
                """
                CREATE TABLE t (i bigint, i4 integer, i2 smallint, d double precision, s text, n text, y bytea, u uuid, b boolean,
                                t timestamptz, j jsonb)
                """)
            let count = try db.copyIn("COPY t FROM STDIN \(fragment: format)") { copy in
                for (index, text) in texts.enumerated() {
                    try copy.row(
                        index, Int32(-index), Int16(index), Double.infinity, text, String?.none, Array(text.utf8), id, index == 0, date,
                        JSONText("{}"))
                }
            }
            #expect(count == texts.count)
            let values = try db.rows("SELECT s FROM t WHERE n IS NULL AND convert_from(y, 'UTF8') = s ORDER BY i", as: String.self)
            let same = try db.one(
                """
                SELECT count(*) FROM t
                WHERE u = \(id) AND t = \(date) AND j = '{}' AND d = 'Infinity' AND b = (i = 0) AND i4 = -i AND i2 = i
                """, as: Int.self)
            #expect(same == texts.count)
            return values
        }
        #expect(read == texts)
    }

    @Test("arrays of numbers are copied in binary, and refused in text")
    func arrays() async throws {
        let values = [1.5, .infinity, -0.0]
        let database = try await server.database()
        try await database.write("test.copy") { db in
            try db.execute("CREATE TABLE t (v double precision[], n integer[])")
            try db.copyIn("COPY t FROM STDIN (FORMAT binary)") { copy in try copy.row(values, [Int32(7)]) }
            let (v, n) = try db.one("SELECT v, n FROM t", as: ([Double].self, [Int32].self))
            #expect(v == values && n == [7])
            let error = #expect(throws: PostgresError.self) {
                try db.savepoint { try db.copyIn("COPY t FROM STDIN") { copy in try copy.row(values, [Int32(7)]) } }
            }
            #expect(error?.code == .encoding)
        }
    }

    @Test("arrays of texts are copied in binary as they are")
    func textArrays() async throws {
        let texts = ["", "plain", "\"quoted\" {a,b} NULL \\", "漢字", "\u{202e}"]
        let database = try await server.database()
        try await database.write("test.copy") { db in
            try db.execute("CREATE TABLE t (v text[], e text[])")
            try db.copyIn("COPY t FROM STDIN (FORMAT binary)") { copy in try copy.row(texts, [String]()) }
            let (v, e) = try db.one("SELECT v, e FROM t", as: ([String].self, [String].self))
            #expect(v == texts && e.isEmpty)
        }
    }

    @Test("more rows than any buffer holds are copied")
    func manyRows() async throws {
        let database = try await server.database()
        try await database.write("test.copy") { db in
            try db.execute("CREATE TABLE t (id bigint, s text)")
            let count = try db.copyIn("COPY t FROM STDIN (FORMAT binary)") { copy in
                for index in 0..<50_000 { try copy.row(index, "row \(index)") }
            }
            #expect(count == 50_000)
            let good = try db.one("SELECT count(*) FROM t WHERE s = 'row ' || id", as: Int.self)
            #expect(good == 50_000)
        }
    }

    @Test("when the body throws, nothing is copied and the connection stays sound")
    func bodyThrows() async throws {
        struct Own: Error {}
        let database = try await server.database { $0.poolSize = 1 }
        try await database.write("test.copy") { db in
            try db.execute("CREATE TABLE t (id bigint)")
            #expect(throws: Own.self) {
                try db.savepoint {
                    try db.copyIn("COPY t FROM STDIN") { copy in
                        for index in 0..<20_000 { try copy.row(index) }
                        throw Own()
                    }
                }
            }
            #expect(try db.one("SELECT count(*) FROM t", as: Int.self) == 0)
        }
        // A caller that goes on regardless does not commit half of the rows.
        let swallowed = await #expect(throws: PostgresError.self) {
            try await database.write("test.swallow") { db in
                _ = try? db.copyIn("COPY t FROM STDIN") { copy in
                    try copy.row(1)
                    throw Own()
                }
            }
        }
        #expect(swallowed?.code == .misuse)
        #expect(database.pool.openCount == 1)
    }

    @Test("the server's refusal of a row, a row of another width and a statement that is no COPY are errors")
    func refusals() async throws {
        let database = try await server.database { $0.poolSize = 1 }
        try await database.write("test.copy") { db in
            try db.execute("CREATE TABLE t (id bigint PRIMARY KEY)")
            let duplicate = #expect(throws: PostgresError.self) {
                try db.savepoint { try db.copyIn("COPY t FROM STDIN (FORMAT binary)") { copy in for _ in 0..<2 { try copy.row(1) } } }
            }
            #expect(duplicate?.sqlState == .uniqueViolation)
            let width = #expect(throws: PostgresError.self) {
                try db.savepoint { try db.copyIn("COPY t FROM STDIN") { copy in try copy.row(1, 2) } }
            }
            #expect(width?.code == .encoding)
            let other = #expect(throws: PostgresError.self) { try db.savepoint { try db.copyIn("SELECT 1") { _ in } } }
            #expect(other?.code == .misuse)
            let missing = #expect(throws: PostgresError.self) { try db.savepoint { try db.copyIn("COPY nothing FROM STDIN") { _ in } } }
            #expect(missing?.sqlState == .undefinedTable)
            #expect(try db.one("SELECT count(*) FROM t", as: Int.self) == 0)
        }
        #expect(database.pool.openCount == 1)
    }
}
