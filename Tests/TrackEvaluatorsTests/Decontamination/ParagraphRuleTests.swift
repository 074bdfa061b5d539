import Testing

@testable import TrackEvaluators

@Suite struct ParagraphRuleTests {
    /// Counted by hand with the rules of UAX #29; white space between words does not count, every mark does.
    @Test(
        "words are counted by Unicode's word boundaries, marks included",
        arguments: [
            ("", 0), ("   ", 0), ("one", 1), ("can't", 1), ("3.14", 1), ("a-b", 3), ("foo_bar", 1), ("Hello, world.", 4),
            ("http://x.org", 5), ("\u{4f60}\u{597d}\u{3002}", 3), ("a\u{202f}b", 1), ("caf\u{e9}", 1),
            ("\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}", 1),
        ])
    func words(text: String, count: Int) {
        #expect(ParagraphRule.hasWords(text, atLeast: count))
        #expect(!ParagraphRule.hasWords(text, atLeast: count + 1))
    }

    @Test("thirteen words count, twelve do not")
    func threshold() {
        let twelve = "one two three four five six seven eight nine ten eleven twelve"
        #expect(!ParagraphRule.counts(twelve))
        #expect(ParagraphRule.counts(twelve + "."))
        #expect(ParagraphRule.counts(twelve + " thirteen"))
        #expect(ParagraphRule.counts(String(repeating: "\u{6f22}", count: 13)))
        #expect(!ParagraphRule.counts(String(repeating: "\u{6f22}", count: 12)))
    }

    @Test("marks, blanks and emoji alone do not count, however many")
    func marks() {
        #expect(!ParagraphRule.counts(String(repeating: "- ", count: 40)))
        #expect(!ParagraphRule.counts(String(repeating: "=*=|+$ ", count: 40)))
        #expect(!ParagraphRule.counts(String(repeating: "\u{1f600} \u{2764}\u{fe0f} ", count: 20)))
        #expect(ParagraphRule.counts(String(repeating: "- ", count: 40) + "x"))
    }

    /// Paloma's words by the rules, the slow way, against the shortcuts.
    @Test("the shortcuts decide as the boundaries do")
    func shortcuts() {
        var random = SystemRandomNumberGenerator()
        let pieces = ["a", "it's", " ", "  ", "\t", ".", ",", "-", "1,5", "\u{4f60}", "\u{202f}", "\u{a0}", "\u{1f600}", "x_y", "e\u{301}"]
        for _ in 0..<200 {
            let text = (0..<Int.random(in: 0..<30, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            var rest = Substring(text)
            var words = 0
            while let match = rest.prefixMatch(of: #/.+?\b/#.dotMatchesNewlines()), !rest.isEmpty {
                if !match.output.unicodeScalars.allSatisfy(\.properties.isWhitespace) { words += 1 }
                rest = rest[match.range.upperBound...]
            }
            #expect(ParagraphRule.hasWords(text, atLeast: 13) == (words >= 13), "\(text.debugDescription)")
        }
    }
}
