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
        #expect(answer.generated == .init(id: 12095, nll: 0.73046875))
        #expect(try reason(.sglang, "sglang-jax", [1782, 6722, 315, 9625, 374]).contains("log-probabilities of 4"))
        #expect(try reason(.sglang, "sglang-jax", [6722, 315, 9625, 375]).contains("token id 374"))
    }

    @Test("vLLM's objects are read by the id of the token that was sent, whatever its rank")
    func vllm() throws {
        let answer = try read(.vllm, "vllm-prompt-logprobs", [6722, 315, 9625])
        #expect(answer.nll == [0.58203125, 3.53125])
        #expect(answer.generated == .init(id: 12095, nll: 0.73046875))
        #expect(try reason(.vllm, "vllm-prompt-logprobs", [6722, 315, 9626]).contains("other tokens"))
    }

    @Test("llama.cpp's answer is refused, not read as a text of probability 1")
    func llamaCpp() throws {
        #expect(try reason(.openai, "llama.cpp-b4501", [1, 2]).contains("ignored echo and logprobs"))
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
