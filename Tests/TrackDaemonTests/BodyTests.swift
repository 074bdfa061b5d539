import HTTPTypes
import Hummingbird
import NIOCore
import Testing
import TrackCore

@testable import TrackAPI

@Suite struct BodyTests {
    @Test(
        "a body ends in a refusal at the byte beyond its limit, whoever reads it",
        arguments: [(10, true), (9, false), (0, false), (.max, true)])
    func limit(_ limit: Int, _ isWhole: Bool) async throws {
        let parts = AsyncStream { stream in
            for part in ["12345", "6789", "0"] { stream.yield(ByteBuffer(string: part)) }
            stream.finish()
        }
        let body = LimitedBody(body: RequestBody(asyncSequence: parts), limit: limit, refusal: Problem(.tooLarge, "too large"))
        var text = ""
        do {
            for try await buffer in body { text += String(buffer: buffer) }
            #expect(isWhole && text == "1234567890")
        } catch let problem as Problem {
            #expect(!isWhole && problem.status == 413)
            #expect(text.utf8.count <= limit)
        }
    }

    @Test("JSON is not collected beyond what its reader asks for, whatever the route lets through", arguments: [(10, true), (9, false)])
    func collected(_ limit: Int, _ isWhole: Bool) async throws {
        let head = HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/", headerFields: [.contentType: "application/json"])
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: "1234567890")))
        do {
            #expect(try await String(buffer: request.json(upTo: limit)) == "1234567890")
            #expect(isWhole)
        } catch let problem as Problem {
            #expect(!isWhole && problem.status == 413)
        }
    }
}
