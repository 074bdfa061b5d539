import Foundation
import Testing

@testable import Postgres

/// Values that go to the server and come back.
@Suite struct ValueTests {
    private let server = ServerUnderTest.shared

    @Test("every kind of value comes back the same, in text and in binary")
    func roundTrips() async throws {
        struct Row: SQLRow, Equatable {
            var i: Int, i4: Int32, i2: Int16, d: Double, b: Bool, s: String, u: UUID, t: Date
            var j: JSONText, y: [UInt8], a: [String], g: [UUID], n: Int?

            init(
                i: Int, i4: Int32, i2: Int16, d: Double, b: Bool, s: String, u: UUID, t: Date,
                j: JSONText, y: [UInt8], a: [String], g: [UUID], n: Int?
            ) {
                (self.i, self.i4, self.i2, self.d, self.b, self.s, self.u, self.t) = (i, i4, i2, d, b, s, u, t)
                (self.j, self.y, self.a, self.g, self.n) = (j, y, a, g, n)
            }

            init(row: inout RowReader) throws(PostgresError) {
                i = try row.read("i"); i4 = try row.read("i4"); i2 = try row.read("i2"); d = try row.read("d"); b = try row.read("b")
                s = try row.read("s"); u = try row.read("u"); t = try row.read("t"); j = try row.read("j"); y = try row.read("y")
                a = try row.read("a"); g = try row.read("g"); n = try row.read("n")
            }
        }
        let row = Row(
            i: .min, i4: .max, i2: -7, d: 0.1, b: true, s: "Grüße \"\\' 🙂\n", u: UUID(),
            t: Date(timeIntervalSince1970: 1_790_000_000.015_625),
            j: JSONText(#"{"a": [1, null]}"#), y: [0, 255, 92, 39], a: ["", "NULL", "{,}", "\"\\", "ä"], g: [UUID(), UUID()], n: nil)
        let database = try await server.database()
        let both = try await database.write("test.values") { db in
            try db.executeScript(
                """
                CREATE TABLE v (i bigint, i4 integer, i2 smallint, d double precision, b boolean, s text, u uuid, t timestamptz,
                                j jsonb, y bytea, a text[], g uuid[], n bigint)
                """)
            try db.execute(
                """
                INSERT INTO v VALUES (\(row.i), \(row.i4), \(row.i2), \(row.d), \(row.b), \(row.s), \(row.u), \(row.t), \(row.j), \(row.y),
                                      \(row.a), \(row.g), \(row.n))
                """)
            var read: [Row] = []
            for format in [SQLFormat.text, .binary] {
                try db.forEachRow("SELECT * FROM v", format: format) { reader in read.append(try Row(row: &reader)) }
            }
            return read
        }
        #expect(both == [row, row])
    }

    private static let numbers: [Double] = [
        0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi, -1e-300, 0.1,
    ]

    @Test("arrays of numbers come back bit for bit, the empty one and one of 117,000 doubles too", arguments: [0, 1, 10, 585, 117_000])
    func doubleArrays(count: Int) async throws {
        let values = (0..<count).map { $0 < 10 ? Self.numbers[$0] : Double(bitPattern: UInt64($0) &* 0x9E37_79B9_7F4A_7C15) }
        let database = try await server.database()
        let (read, sum) = try await database.read("test.arrays") { db in
            try db.one("SELECT \(values), coalesce(cardinality(\(values)), 0)", as: ([Double].self, Int.self))
        }
        #expect(read.map(\.bitPattern) == values.map(\.bitPattern))
        #expect(sum == count)
    }

    @Test("arrays of integers come back, at their limits too")
    func integerArrays() async throws {
        let database = try await server.database()
        let read = try await database.read("test.arrays") { db in
            try db.one(
                "SELECT \([Int64.min, 0, .max]), \([Int.min, .max]), \([Int32.min, .max]), \([Int16.min, .max]), \([Int]())",
                as: ([Int64].self, [Int].self, [Int32].self, [Int16].self, [Int].self))
        }
        #expect(read.0 == [.min, 0, .max] && read.1 == [.min, .max] && read.2 == [.min, .max] && read.3 == [.min, .max] && read.4 == [])
    }

    @Test("an array that holds NULL, has two dimensions or another type is refused by the name of its column", arguments: [
        "SELECT ARRAY[1.5, NULL]::float8[] AS v", "SELECT ARRAY[[1.5], [2]]::float8[] AS v", "SELECT ARRAY[1.5]::float4[] AS v",
        "SELECT ARRAY[1, 2]::int8[] AS v",
    ] as [SQL])
    func badArrays(sql: SQL) async throws {
        let database = try await server.database()
        let error = await #expect(throws: PostgresError.self) {
            try await database.read("test.arrays") { db in try db.one(sql, as: [Double].self) }
        }
        #expect(error?.code == .decoding && error?.message.contains("Column v") == true)
    }

    @Test("a numeric array that came as text is refused with what to do")
    func arrayInText() async throws {
        let database = try await server.database()
        let error = await #expect(throws: PostgresError.self) {
            try await database.read("test.arrays") { db in
                try db.forEachRow("SELECT '{1}'::float8[] AS v") { row in _ = try row.read("v", as: [Double].self) }
            }
        }
        #expect(error?.message.contains("binary format") == true)
    }

    @Test("text arrays survive every character, in both formats")
    func textArrays() async throws {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("ab\"\\{},' \n\tNUL🙂é")
        let arrays = (0..<100).map { _ in
            (0..<Int.random(in: 0...6, using: &random)).map { _ in
                String((0..<Int.random(in: 0...8, using: &random)).map { _ in alphabet.randomElement(using: &random)! })
            }
        }
        let database = try await server.database()
        try await database.read("test.text") { db in
            for array in arrays {
                let text = try db.one("SELECT \(array)::text[]", as: [String].self)
                let (binary, _) = try db.one("SELECT \(array)::text[], ARRAY[1]::float8[]", as: ([String].self, [Double].self))
                let elements = try db.rows("SELECT unnest(\(array)::text[])", as: String.self)
                #expect(text == array && binary == array && elements == array)
            }
        }
    }

    @Test("dates agree with the server to the microsecond, before Christ and beyond the year 9999 too")
    func dates() async throws {
        var random = SystemRandomNumberGenerator()
        let stamps = (0..<500).map { _ in Int64.random(in: -211_800_000_000_000_000...9_000_000_000_000_000_000, using: &random) }
            + [0, -1, 1, 5_097_600_000_000, 5_184_000_000_000, -63_114_076_800_000_000, -63_082_454_400_000_001, .max, .min]
        let database = try await server.database()
        try await database.read("test.dates") { db in
            for stamp in stamps {
                let text = Timestamp(microsecondsSince2000: stamp).text
                let (shown, micros) = try db.one(
                    """
                    SELECT \(text)::timestamptz::text,
                           CASE WHEN isfinite(\(text)::timestamptz)
                                THEN (extract(epoch FROM \(text)::timestamptz) * 1000000)::bigint::text END
                    """, as: (String.self, String?.self))
                #expect(Timestamp(text: shown)?.microsecondsSince2000 == stamp, "\(text) is \(shown)")
                if let micros { #expect(Int64(micros) == stamp + 946_684_800_000_000) }
            }
        }
        let now = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 * 1e6).rounded() / 1e6)
        #expect(abs(Timestamp(now).date.timeIntervalSince(now)) < 5e-7)
    }

    @Test("NULL into a value that is not optional is an error that names the column")
    func nulls() async throws {
        let database = try await server.database()
        let error = await #expect(throws: PostgresError.self) {
            try await database.read("test.null") { db in try db.one("SELECT NULL::int AS missing", as: Int.self) }
        }
        #expect(error?.code == .decoding && error?.description == "test.null: Column missing is NULL.")
        #expect(try await database.read("test.null") { db in try db.one("SELECT NULL::int", as: Int?.self) } == nil)
    }

    @Test("an integer that does not fit is refused", arguments: [
        "SELECT 32768 AS v", "SELECT -32769::bigint AS v", "SELECT 1.5 AS v",
    ] as [SQL])
    func narrowing(sql: SQL) async throws {
        let database = try await server.database()
        for format in [SQLFormat.text, .binary] {
            let error = await #expect(throws: PostgresError.self) {
                try await database.read("test.int") { db in
                    try db.forEachRow(sql, format: format) { row in _ = try row.read("v", as: Int16.self) }
                }
            }
            #expect(error?.code == .decoding)
        }
    }

    @Test("integers at the limits of 64 bits are read, and those beyond are refused")
    func integerLimits() async throws {
        let database = try await server.database()
        try await database.read("test.int") { db in
            let (largest, smallest) = try db.one("SELECT 9223372036854775807, -9223372036854775808", as: (Int.self, Int.self))
            #expect(largest == .max && smallest == .min)
            #expect(throws: PostgresError.self) { try db.one("SELECT 9223372036854775808", as: Int.self) }
            #expect(throws: PostgresError.self) { try db.one("SELECT -9223372036854775809", as: Int.self) }
        }
    }

    @Test("a raw value that the enum does not know is refused without repeating it")
    func unknownRawValue() async throws {
        enum State: String, SQLDecodable { case open }
        let database = try await server.database()
        let error = await #expect(throws: PostgresError.self) {
            try await database.read("test.enum") { db in try db.one("SELECT 'sekret' AS state", as: State.self) }
        }
        #expect(error?.code == .decoding && error?.fullDescription.contains("sekret") == false)
        #expect(try await database.read("test.enum") { db in try db.one("SELECT 'open'", as: State.self) } == .open)
    }

    @Test("text with a NUL character is refused before it is cut off in silence")
    func nulCharacter() async throws {
        let database = try await server.database()
        let error = await #expect(throws: PostgresError.self) {
            try await database.read("test.nul") { db in try db.one("SELECT \("a\0b")", as: String.self) }
        }
        #expect(error?.code == .encoding)
    }
}
