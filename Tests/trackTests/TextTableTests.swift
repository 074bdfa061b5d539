import Testing
import track

@Suite struct TextTableTests {
    let plain = Look(unicode: true, colour: false)

    @Test("columns are aligned, numbers to the right, without trailing blanks")
    func alignment() {
        var table = TextTable(("domain", .left), ("perplexity", .right), ("verdict", .left))
        table.add(["legal/licences", "7.21", "▼ improved"])
        table.add(["c/headers", "1,024", ""])
        #expect(
            table.text(plain) == """
                domain          perplexity  verdict
                legal/licences        7.21  ▼ improved
                c/headers            1,024
                """)
    }

    @Test("colours do not move a column")
    func colours() {
        var table = TextTable(("a", .right), ("b", .left))
        table.add([.init("1", .red), .init("x", .green)])
        table.add(["22", "y"])
        let coloured = table.text(Look(unicode: true, colour: true))
        #expect(coloured.contains("\u{1b}[31m1\u{1b}[0m"))
        var rest = coloured
        for code in ["\u{1b}[31m", "\u{1b}[32m", "\u{1b}[1m", "\u{1b}[0m"] {
            rest = rest.split(separator: code, omittingEmptySubsequences: false).joined()
        }
        #expect(rest == table.text(plain))
    }

    @Test("a row may end early")
    func shortRows() {
        var table = TextTable(("a", .left), ("b", .right))
        table.add(["x"])
        #expect(table.text(plain) == "a  b\nx")
    }
}
