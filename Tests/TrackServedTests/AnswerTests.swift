import FoundationEssentials
import Testing
import TrackEvaluators

@testable import TrackServed

/// Answers of real servers; Answers/README.md says where each is from.
@Suite struct AnswerTests {
    private func answer(_ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Answers/\(name).json"))
    }

    private func read(_ api: ServedSettings.API, _ name: String, _ ids: [Int]) throws -> PromptAnswer {
        try PromptForm.read(api, try answer(name), for: .tokens(ids))
    }

    private func reason(_ api: ServedSettings.API, _ name: String, _ ids: [Int]) throws -> String {
        let fault = #expect(throws: AnswerFault.self) { _ = try read(api, name, ids) }
        guard case .unfit(let reason) = try #require(fault) else { return "" }
        return reason
    }

    @Test("vLLM's echo: the prompt's tokens without the first, and without the generated one")
    func echo() throws {
        let nll = try read(.openai, "vllm-0.16.0-echo", Array(1...8)).nll
        #expect(nll.count == 7 && nll.first == 8.818763732910156 && nll.last == 1.2870503664016724)
        #expect(try reason(.openai, "vllm-0.16.0-echo", Array(1...6)).contains("generated 3"))
    }

    @Test("SGLang's triples are matched by token id and by count")
    func sglang() throws {
        let answer = try read(.sglang, "sglang-jax", [6722, 315, 9625, 374])
        #expect(answer.nll == [0.58203125, 3.53125, 2.84375])
        #expect(answer.generated == .init(token: .id(12095), nll: 0.73046875))
        #expect(try reason(.sglang, "sglang-jax", [1782, 6722, 315, 9625, 374]).contains("log-probabilities of 4"))
        #expect(try reason(.sglang, "sglang-jax", [6722, 315, 9625, 375]).contains("token id 374"))
    }

    /// The prompt of the recorded answers, and the NLL that transformers computes for it in float32.
    private static let prompt = [0, 53, 258, 222, 73]
    private static let expected = [4.487586, 5.986135, 10.021366, 8.314232]

    @Test("vLLM's objects are read by the id of the token that was sent, whatever its rank", arguments: ["vllm-0.32.0", "vllm-0.32.0-echo"])
    func vllm(_ name: String) throws {
        let answer = try read(.vllm, name, Self.prompt)
        #expect(zip(answer.nll, Self.expected).allSatisfy { abs($0 - $1) < 1e-5 } && answer.nll.count == 4)
        #expect(try reason(.vllm, name, [0, 53, 258, 222, 74]).contains("other tokens"))
    }

    @Test("SGLang names token 0 in the place of the vocabulary's last one, and of no other")
    func lastOfVocabulary() throws {
        let prompt = Self.prompt + [299]
        let nll = try read(.sglang, "sglang-0.5.5", prompt).nll
        #expect(nll.count == 5 && zip(nll, Self.expected).allSatisfy { abs($0 - $1) < 1e-5 })
        let text = String(decoding: try answer("sglang-0.5.5"), as: UTF8.self)
        let other = text.replacing(",73,null]", with: ",0,null]")
        #expect(other != text)
        #expect(throws: AnswerFault.unfit("told about token id 0 where it was sent 73")) {
            _ = try PromptForm.read(.sglang, Data(other.utf8), for: .tokens(prompt))
        }
    }

    @Test("what vLLM generated is known by its id where it was asked for that, and else by its text")
    func generated() throws {
        #expect(try read(.vllm, "vllm-0.32.0", Self.prompt).generated == .init(token: .id(199), nll: 2.859499931335449))
        let echo = try read(.openai, "vllm-0.32.0-echo", Self.prompt)
        #expect(echo.generated == .init(token: .text("\t"), nll: 2.859499931335449))
        #expect(zip(echo.nll, Self.expected).allSatisfy { abs($0 - $1) < 1e-5 } && echo.nll.count == 4)
    }

    @Test("a token that is NUL is read as any other")
    func nul() throws {
        let text = String(decoding: try answer("vllm-0.32.0-echo"), as: UTF8.self).replacing(#"\t"#, with: #"\u0000"#)
        let answer = try PromptForm.read(.openai, Data(text.utf8), for: .tokens(Self.prompt))
        #expect(answer.nll.count == 4 && answer.generated?.token == .text("\0"))
    }

    @Test("an answer that tells nothing about the prompt, or not about its first token, is refused with that reason",
        arguments: [
            ("llama.cpp-b4501", "ignored echo and logprobs"), ("llama.cpp-0.5.0-dev", "of what it generated only"),
            ("transformers-serve-5.23.0", "ignored echo and logprobs"),
            ("llama-cpp-python-0.3.36", "told nothing about the first token of the text"),
        ])
    func unfit(_ name: String, _ words: String) throws {
        #expect(try reason(.openai, name, Self.prompt).contains(words))
    }

    @Test("values that are no numbers are told from those that stand for infinity")
    func values() throws {
        #expect(try PromptForm.nll(-9999, at: 1) == .infinity)
        #expect(try PromptForm.nll(-.infinity, at: 1) == .infinity)
        #expect(try PromptForm.nll(1e-7, at: 1) == 0)
        #expect(throws: AnswerFault.notANumber(3)) { _ = try PromptForm.nll(nil, at: 3) }
        #expect(throws: AnswerFault.notANumber(3)) { _ = try PromptForm.nll(.nan, at: 3) }
        #expect(throws: AnswerFault.self) { _ = try PromptForm.nll(0.5, at: 3) }
    }

    @Test("token ids are sent as numbers, one token is generated, and nothing is sampled")
    func bodies() throws {
        func text(_ api: ServedSettings.API) throws -> String {
            String(decoding: try PromptForm.body(api, .tokens([1, 5]), model: "m"), as: UTF8.self)
        }
        #expect(try text(.vllm) == #"{"max_tokens":1,"model":"m","prompt":[1,5],"prompt_logprobs":0,"temperature":0}"#)
        #expect(try text(.openai) == #"{"echo":true,"logprobs":1,"max_tokens":1,"model":"m","prompt":[1,5],"temperature":0}"#)
        let sampling = #""sampling_params":{"max_new_tokens":1,"temperature":0}"#
        #expect(try text(.sglang) == #"{"input_ids":[1,5],"logprob_start_len":0,"return_logprob":true,\#(sampling)}"#)
    }
}
