import FoundationEssentials
import Testing
import TrackCore
import TrackEvaluators

@testable import TrackServed

/// The probe by itself, with answers to its own questions that a whole evaluation does not bring about.
@Suite struct ProbeTests {
    private static let ids = [FakeServer.prefix] + FakeServer.ids(ServerProbe.text)

    /// As what the server says that it reads a text.
    private enum Reading { case alike, otherwise, untold }

    private func refusal(
        _ kind: FakeServer.Kind = .vllm, api: String = "vllm", faults: [FakeServer.Fault?] = [], ids: [Int] = ProbeTests.ids,
        reads: Reading = .alike
    ) async throws -> String? {
        var words: String?
        try await FakeServer.withRunning(kind, faults: faults) { _, url in
            let json =
                #"{"url":"\#(url)","api":"\#(api)","dtype":"float32","tokenizer":"server","model":"\#(FakeServer.model)","#
                + #""checkpoint":"\#(Digest(ofText: "tiny"))","tries":1}"#
            let settings = try JSONDecoder().decode(ServedSettings.self, from: Data(json.utf8))
            let connection = ServerConnection(settings, token: nil, firstDelay: 0.001) { _ in }
            @Sendable func tokens(_ text: String) -> [Int] {
                text == ServerProbe.text ? ids : [FakeServer.prefix] + FakeServer.ids(text)
            }
            @Sendable func read(_ text: String) -> [Int]? {
                switch reads {
                case .alike: tokens(text)
                case .otherwise: [1]
                case .untold: nil
                }
            }
            do {
                let probe = ServerProbe(
                    connection: connection, model: FakeServer.model, tokenize: { tokens($0) }, serverReads: { read($0) })
                _ = try await probe.run(longest: 17)
            } catch let refusal as ServedRefusal {
                words = "\(refusal)"
            }
            await connection.shutDown()
        }
        return words
    }

    @Test("a sound server is not refused, whether it takes token ids or text")
    func sound() async throws {
        #expect(try await refusal() == nil)
        #expect(try await refusal(.textOnly, api: "openai") == nil)
    }

    @Test("a tokenizer under which the probe text is next to nothing is refused")
    func short() async throws {
        #expect(try await refusal(ids: Array(Self.ids.prefix(3)))?.contains("has 2 tokens under this tokenizer") == true)
        #expect(try await refusal(ids: Array(Self.ids.prefix(4))) == nil)
    }

    @Test("a server that takes text only and reads it as other tokens is refused")
    func otherTokens() async throws {
        let words = try await refusal(.textOnly, api: "openai", reads: .otherwise)
        #expect(words?.contains("reads the probe text as other tokens") == true, "\(words ?? "")")
    }

    @Test("a server that takes text only and does not tell as which tokens is refused")
    func untoldTokens() async throws {
        let words = try await refusal(.textOnly, api: "openai", reads: .untold)
        #expect(words?.contains("no tokenize endpoint that would tell which tokens it scores") == true, "\(words ?? "")")
    }

    @Test("a server that answers the same question differently is refused")
    func repeats() async throws {
        let words = try await refusal(faults: [nil, .clamped])
        #expect(words?.contains("asked the same twice, it answers differently") == true, "\(words ?? "")")
    }

    @Test("an answer that is no UTF-8 where a name should be is refused, and does not end the process")
    func noNames() {
        let answer = Data(Array("{}".utf8) + [0] + Array("{}".utf8) + [0] + Array("{".utf8) + [0xff, 0xff] + Array(":1}".utf8))
        #expect(throws: AnswerFault.self) { try PromptForm.decode([Int].self, answer) }
    }

    @Test("tokens that are no texts cost the probe a generated one, and no number")
    func unreadableTokens() throws {
        func answer(_ tokens: String) -> Data {
            Data(#"{"choices":[{"logprobs":{"token_logprobs":[null,-1,-2,-0.5],"tokens":\#(tokens)}}]}"#.utf8)
        }
        let read = try EchoAnswer.read(answer(#"["a","b","c","d"]"#), ids: [1, 2, 3])
        #expect(read.nll == [1, 2] && read.generated != nil)
        for tokens in ["[1,2,3,4]", #"["a","b",null,"d"]"#, #"{"a":1}"#, "7"] {
            let read = try EchoAnswer.read(answer(tokens), ids: [1, 2, 3])
            #expect(read.nll == [1, 2] && read.generated == nil, "\(tokens)")
        }
    }

    @Test("a server that counted other tokens than it was sent is refused, however many values come back")
    func counted() throws {
        func answer(_ counted: Int) -> Data {
            Data(
                #"{"choices":[{"logprobs":{"token_logprobs":[null,-1,-2]}}],"usage":{"prompt_tokens":\#(counted),"completion_tokens":0}}"#
                    .utf8)
        }
        #expect(try EchoAnswer.read(answer(3), ids: [1, 2, 3]).nll == [1, 2])
        let fault = #expect(throws: AnswerFault.self) { _ = try EchoAnswer.read(answer(4), ids: [1, 2, 3]) }
        guard case .unfit(let reason) = try #require(fault) else {
            Issue.record("\(fault.debugDescription)")
            return
        }
        #expect(reason.contains("was sent 3 tokens and counted 4"))
    }

    @Test("a context longer than the model's own is refused")
    func context() async throws {
        try await FakeServer.withRunning(.vllm) { _, url in
            var served = Served()
            served.scoring = served.scoring.replacing(#""context":16"#, with: #""context":65"#)
            let refusal = try #require(try await served.ask(url).first?.refusal)
            #expect(refusal.description.contains("context of 65 tokens is longer than the 64"), "\(refusal)")
        }
    }
}
