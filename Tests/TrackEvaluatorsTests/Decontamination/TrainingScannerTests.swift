import FoundationEssentials
import Testing

@testable import TrackEvaluators

@Suite struct TrainingScannerTests {
    /// Every paragraph with its line, when the text comes in pieces of the given length.
    private static func paragraphs(
        _ bytes: [UInt8], _ form: TrainingScanner.Form, piece: Int, lengths: ClosedRange<Int> = 1...1000
    ) -> (found: [String], lines: [Int], broken: Int) {
        var scanner = TrainingScanner(form: form, lengths: lengths)
        var (found, lines) = ([String](), [Int]())
        func take(_ paragraph: UnsafeRawBufferPointer, _ line: Int) {
            found.append(String(decoding: paragraph, as: UTF8.self))
            lines.append(line)
        }
        var start = 0
        while start < bytes.count {
            let end = min(start + piece, bytes.count)
            bytes[start..<end].withUnsafeBytes { scanner.append($0, take) }
            start = end
        }
        scanner.finish(take)
        return (found, lines, scanner.brokenLines)
    }

    private static let borders = [1, 2, 3, 5, 7, 64, 1 << 20]

    @Test("paragraphs of text are found whatever pieces it comes in, with the line ends of any system", arguments: borders)
    func text(piece: Int) {
        let text = Array("first line\r\n\r\n  second \t\nthird\n\n\nlast one".utf8)
        let result = Self.paragraphs(text, .text, piece: piece)
        #expect(result.found == ["first line", "second", "third", "last one"])
        #expect(result.lines == [1, 3, 4, 7])
    }

    @Test("paragraphs of JSON are found in every string, unescaped, whatever pieces it comes in", arguments: borders)
    func json(piece: Int) {
        let lines = #"""
            {"text": "one\ntwo \"quoted\" \\ \/ end\r\nthree", "n": 1.5e3, "ok": true}
            {"messages": [{"role": "user", "content": "caf\u00e9 \ud83d\ude00 \u4f60\tx"}, {"content": "lone \ud83d half"}]}

            {"prompt": "p", "completion": "c\u000ad"}
            """#
        let result = Self.paragraphs(Array(lines.utf8), .json, piece: piece, lengths: 1...1000)
        #expect(
            result.found == [
                "text", "one", "two \"quoted\" \\ / end", "three", "n", "ok", "messages", "role", "user", "content",
                "caf\u{e9} \u{1f600} \u{4f60}\tx", "content", "lone \u{fffd} half", "prompt", "p", "completion", "c", "d",
            ])
        #expect(Set(result.lines) == [1, 2, 4])
        #expect(result.broken == 0)
    }

    @Test("what Foundation reads from JSON is what is found", arguments: borders)
    func property(piece: Int) throws {
        var random = SystemRandomNumberGenerator()
        let alphabet: [Character] = ["a", "\"", "\\", "\n", "\r", "\t", "\u{e9}", "\u{1f600}", "/", "u", "0", "\u{1}", " ", "}"]
        for _ in 0..<100 {
            let text = String((0..<Int.random(in: 0..<60, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
            let line = try JSONEncoder().encode([text])
            let expected = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                .map { String(decoding: ParagraphCutter.trimmedCopy(Array($0)), as: UTF8.self) }.filter { !$0.isEmpty }
            #expect(Self.paragraphs(Array(line), .json, piece: piece).found == expected, "\(text.debugDescription)")
        }
    }

    @Test("a line that ends inside a string, or is no JSON, is counted, and the next one is read", arguments: borders)
    func broken(piece: Int) {
        let lines = "{\"text\": \"cut off\nplain words\n{\"text\": \"whole\"}\n{\"text\": \"end"
        let result = Self.paragraphs(Array(lines.utf8), .json, piece: piece)
        #expect(result.found == ["text", "cut off", "text", "whole", "text", "end"])
        #expect(result.broken == 3)
    }

    @Test("what cannot matter is not kept: too long, too short, or without end", arguments: borders)
    func lengths(piece: Int) {
        let text = Array((String(repeating: "x", count: 5000) + "\nfour\nfifth" + String(repeating: " ", count: 3000) + "\nsixsix").utf8)
        let result = Self.paragraphs(text, .text, piece: piece, lengths: 5...5)
        #expect(result.found == ["fifth"])
        #expect(result.lines == [3])
    }

    @Test("binary bytes are no obstacle", arguments: [TrainingScanner.Form.text, .json], borders)
    func binary(form: TrainingScanner.Form, piece: Int) {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) }
        let whole = Self.paragraphs(bytes, form, piece: 4096, lengths: 1...64)
        let cut = Self.paragraphs(bytes, form, piece: piece, lengths: 1...64)
        #expect(whole.found == cut.found && whole.lines == cut.lines && whole.broken == cut.broken)
    }
}

extension ParagraphCutter {
    static func trimmedCopy(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { Array(trimmed($0)) } }
}
