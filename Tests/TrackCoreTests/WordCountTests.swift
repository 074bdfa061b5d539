import Testing
import TrackCore

@Suite struct WordCountTests {
    /// Every character that Python 3.11's `re` matches with `\s`:
    /// `[hex(c) for c in range(0x110000) if not 0xd800 <= c < 0xe000 and re.match(r"\s", chr(c))]`
    private static let pythonSpaces: Set<UInt32> = [
        0x9, 0xa, 0xb, 0xc, 0xd, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006,
        0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
    ]

    @Test("every Unicode character separates words if and only if Python's \\s matches it")
    func everyCharacter() {
        var wrong: [UInt32] = []
        for value in UInt32(0)..<0x11_0000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            var text = "a"
            text.unicodeScalars.append(scalar)
            text += "b"
            if (WordCount.of(text) == 2) != WordCountTests.pythonSpaces.contains(value) { wrong.append(value) }
        }
        #expect(wrong.isEmpty)
    }

    @Test(
        "texts have as many words as Python's len(re.split(r\"\\s+\", text)) says",
        arguments: [
            ("", 1), ("a", 1), ("a b", 2), (" a", 2), ("a ", 2), (" a  b\n\nc ", 5), ("\u{a0}x\u{3000}y\u{2028}", 4), ("\u{200b}x y", 2),
            ("a\u{1c}b\u{1d}\u{1e}c", 3), ("\r\n\t", 2), ("é ü—ß", 2), ("a\u{85}b", 2), ("one two\u{2003}three\u{feff} four", 4),
        ])
    func counts(_ text: String, _ words: Int) { #expect(WordCount.of(text) == words) }
}
