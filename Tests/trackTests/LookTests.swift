import Testing
import TrackCore
import track

@Suite struct LookTests {
    @Test(
        "symbols follow the locale as the C library reads it",
        arguments: [
            (["LANG": "de_DE.UTF-8"], true), (["LANG": "C.utf8"], true), (["LC_ALL": "C", "LANG": "de_DE.UTF-8"], false), ([:], false),
            (["LC_ALL": "", "LC_CTYPE": "en_GB.UTF-8", "LANG": "C"], true),
        ] as [([String: String], Bool)])
    func locale(_ environment: [String: String], _ unicode: Bool) {
        #expect(Look(environment: environment, isTerminal: true).unicode == unicode)
    }

    @Test("colour needs a terminal that can, and nobody who said NO_COLOR")
    func colour() {
        func colour(_ environment: [String: String], _ isTerminal: Bool) -> Bool {
            Look(environment: environment, isTerminal: isTerminal).colour
        }
        #expect(colour(["TERM": "xterm"], true))
        #expect(!colour(["TERM": "xterm"], false))
        #expect(!colour(["TERM": "xterm", "NO_COLOR": "1"], true))
        #expect(colour(["TERM": "xterm", "NO_COLOR": ""], true))
        #expect(!colour(["TERM": "dumb"], true))
    }

    @Test("every verdict has an ASCII form of the same width, and its word", arguments: DomainVerdict.allCases)
    func ascii(_ verdict: DomainVerdict) {
        var table = TextTable(("verdict", .left))
        table.add([VerdictMark.cell(verdict)])
        let look = Look(unicode: false, colour: false)
        let text = look.spelled(table.text(look))
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
        #expect(text.count == table.text(look).count)
        #expect(text.hasSuffix(verdict.word))
    }

    @Test("verdicts differ by symbol alone")
    func symbols() { #expect(Set(DomainVerdict.allCases.map(VerdictMark.symbol)).count == DomainVerdict.allCases.count) }
}
