import FoundationEssentials
import Logging
import Testing

@testable import TrackDaemon

@Suite struct LogLineTests {
    private func line(_ message: String, _ metadata: Logger.Metadata = [:]) -> String {
        String(
            decoding: JSONLogHandler.line(
                at: "2026-11-21T05:00:00.000Z", level: .info, label: "trackd", message: message, metadata: metadata),
            as: UTF8.self)
    }

    @Test("a line is one JSON object with the metadata in the order of their keys")
    func form() {
        #expect(
            line("listening", ["z": "1", "http.port": "\(7450)", "a": "x"])
                == #"{"at":"2026-11-21T05:00:00.000Z","level":"info","label":"trackd","message":"listening","#
                + #""a":"x","http.port":"7450","z":"1"}"# + "\n")
    }

    @Test("no message can break the line or forge another")
    func escapes() throws {
        let hostile = "a\"b\\c\n{\"level\":\"error\"}\r\t\0\u{1b}[31m\u{2028}ü"
        let text = line(hostile, ["k\"\n": "\(hostile)"])
        #expect(text.filter { $0.isNewline && $0 != "\u{2028}" }.count == 1)
        #expect(text.hasSuffix("}\n"))
        let object = try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
        #expect(object["message"] == hostile)
        #expect(object["k\"\n"] == hostile)
    }

    @Test("a value is cut at 4096 characters")
    func limit() throws {
        let object = try JSONDecoder().decode([String: String].self, from: Data(line(String(repeating: "x", count: 100_000)).utf8))
        #expect(object["message"]?.count == 4096)
    }
}
