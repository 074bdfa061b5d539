import Foundation
import Testing

@testable import TrackReview
@testable import TrackScorecards

@Suite("Untrusted text")
struct EscapingTests {
    @Test("markup characters become entities, hidden ones are shown, and long runs of combining marks are cut off")
    func escape() {
        #expect(EscapedText.of("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;")
        #expect(
            EscapedText.of("x\u{202E}y\u{0}\n\u{200B}\u{FEFF}\u{2028}\u{E0041}")
                == "x\\u{202E}y\\u{0}\\u{A}\\u{200B}\\u{FEFF}\\u{2028}\\u{E0041}")
        #expect(EscapedText.of("Zoë, 語, 😀, é") == "Zoë, 語, 😀, é")
        let marks = EscapedText.of("a" + String(repeating: "\u{301}", count: 128))
        #expect(marks.unicodeScalars.count { $0 == "\u{301}" } == EscapedText.marksInARow)
        #expect(marks.hasSuffix("\\u{301}"))
    }

    @Test("no character of any plane leaves the function as markup, a control or a bidirectional override")
    func everyScalar() {
        for value in (0...0x10FFFF as ClosedRange<UInt32>) where value < 0x3000 || value % 97 == 0 || (0xE0000...0xE0FFF).contains(value)
        {
            guard let scalar = Unicode.Scalar(value) else { continue }
            for left in EscapedText.of(String(scalar)).unicodeScalars {
                switch left.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                    Issue.record("U+\(String(value, radix: 16)) got through")
                default: break
                }
                if ["<", ">", "\"", "'"].contains(left) { Issue.record("U+\(String(value, radix: 16)) got through") }
            }
        }
    }

    @Test("interpolated text is escaped, markup and numbers are not")
    func interpolation() {
        let inner: Markup = "<b>\("<i>")</b>"
        let whole: Markup = "<p title=\"\("\"x\"")\">\(inner) \(7) \(at: 2.04)</p>"
        #expect(whole.text == "<p title=\"&quot;x&quot;\"><b>&lt;i&gt;</b> 7 2</p>")
        #expect([0.05, -0.04, 1.25, -3, .nan, .infinity].map(Coordinate.text) == ["0.1", "0", "1.3", "-3", "0", "0"])
    }

    @Test("a card made of hostile names has the same elements as one made of harmless names")
    func hostileCard() throws {
        func tags(_ names: [String]) throws -> [String] {
            let text = try Fixtures.html(Cards.hostile(names: names))
            return text.matches(of: /<[a-zA-Z!\/][^>]*?[\s>]/).map { String($0.output) }
        }
        let harmless = Cards.hostileNames.indices.map { "name\($0)" }
        #expect(try tags(Cards.hostileNames) == tags(harmless))
        let text = try Fixtures.html(Cards.hostile())
        for bad in ["<script", "<svg onload", "<img", "onerror=alert(1)>", "' onmouseover='"] {
            #expect(!text.contains(bad), "\(bad) is on the page")
        }
        for bad: Unicode.Scalar in ["\u{202E}", "\u{2066}", "\u{200F}", "\u{0}", "\u{7}"] {
            #expect(!text.unicodeScalars.contains(bad), "U+\(String(bad.value, radix: 16)) is on the page")
        }
        // Mustache in a name is text: templates are not rendered twice.
        #expect(text.contains("{{7*7}}{{{style}}}"))
    }
}
