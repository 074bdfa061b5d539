import Testing

@testable import Postgres

@Suite struct SQLTests {
    @Test("an interpolated value is bound and never part of the text")
    func binds() {
        let evil = "'; DROP TABLE run; --"
        let sql: SQL = "SELECT \(evil), \(7)"
        #expect(sql.text == "SELECT $1, $2")
        #expect(sql.parameters == [.text(evil), .text("7")])
    }

    @Test("a spliced fragment has its parameters numbered anew")
    func splices() {
        let inner: SQL = "b = \(2) OR c = \(3)"
        let sql: SQL = "SELECT \(1) WHERE \(fragment: inner) AND d = \(4)"
        #expect(sql.text == "SELECT $1 WHERE b = $2 OR c = $3 AND d = $4")
        #expect(sql.parameters == [.text("1"), .text("2"), .text("3"), .text("4")])
    }

    @Test("pieces are joined with their parameters in order")
    func joins() {
        let filters: [SQL] = ["a = \(1)", "b IS NULL", "c = \(2)"]
        let sql = filters.joined(separator: " AND ")
        #expect(sql.text == "a = $1 AND b IS NULL AND c = $2")
        #expect(sql.parameters == [.text("1"), .text("2")])
        #expect([SQL]().joined(separator: ", ").text.isEmpty)
    }

    @Test("an identifier is quoted, with its quotation marks doubled")
    func identifiers() {
        #expect(("SELECT \(identifier: "a\"b")" as SQL).text == "SELECT \"a\"\"b\"")
    }

    @Test("nil is NULL, and an enum is its raw value")
    func values() {
        enum State: String, SQLEncodable { case open }
        #expect(Int?.none.sqlParameter == .null)
        #expect(Int?(3).sqlParameter == .text("3"))
        #expect(State.open.sqlParameter == .text("open"))
        #expect(Double.infinity.sqlParameter == .text("Infinity"))
        #expect((-Double.infinity).sqlParameter == .text("-Infinity"))
        #expect(Double.nan.sqlParameter == .text("NaN"))
    }
}
