import FoundationEssentials
import Testing
import TrackCore

@Suite struct JSONNestingTests {
    private static func isWithinLimit(_ text: String) -> Bool { JSONNesting.isWithinLimit(Data(text.utf8)) }

    @Test("brackets count where they nest, and not in strings")
    func depth() {
        let limit = JSONNesting.limit
        func nested(_ levels: Int) -> String { String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
        #expect(Self.isWithinLimit(nested(limit)))
        #expect(!Self.isWithinLimit(nested(limit + 1)))
        #expect(!Self.isWithinLimit(String(repeating: #"{"a":"#, count: limit + 1)))
        #expect(Self.isWithinLimit("[" + Array(repeating: "{}", count: 1000).joined(separator: ",") + "]"))
        #expect(Self.isWithinLimit("[\"" + String(repeating: "[", count: 1000) + "\"]"))
        #expect(Self.isWithinLimit(#"["\\", "\"[", "# + "\"" + String(repeating: "{", count: 1000) + "\"]"))
        #expect(!Self.isWithinLimit(#"["\\""# + String(repeating: "[", count: limit)))
    }

    @Test("only UTF-8 is looked at, and so only that is decoded", arguments: [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian, .utf32])
    func encodings(_ encoding: String.Encoding) throws {
        #expect(!JSONNesting.isWithinLimit(try #require("[1]".data(using: encoding))))
    }

    @Test("a text that ends with its 513th bracket is an error, and not the end of the process")
    func deepest() {
        for text in [String(repeating: "[", count: 513), "\n" + String(repeating: "[", count: 513)] {
            #expect(throws: DecodingError.self) { try WireCoding.decode([Int].self, from: Data(text.utf8)) }
        }
    }
}
