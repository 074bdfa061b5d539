import FoundationEssentials
import TrackCore
import TrackEvaluators

/// What is sent to be scored: token ids, or, to a server that takes no ids, a text whose tokens were proved to be those ids.
enum Prompt: Hashable, Sendable {
    case tokens([Int])
    case text(String, tokens: [Int])

    var ids: [Int] {
        switch self {
        case .tokens(let ids), .text(_, let ids): ids
        }
    }
}

/// What a server said about a prompt.
struct PromptAnswer: Hashable, Sendable {
    /// The NLL of every token but the first, in nats: element i is that of token i + 1. May be +∞.
    var nll: [Double]
    /// What the server generated after the prompt, where it was asked for.
    var generated: Generated?

    struct Generated: Hashable, Sendable {
        enum Token: Hashable, Sendable {
            case id(Int)
            case text(String)
        }

        let token: Token
        let nll: Double
    }
}

/// Why an answer gives no numbers.
enum AnswerFault: Error, Hashable, Sendable {
    /// The log-probability of this token, counted from 0, is not a number.
    case notANumber(Int)
    /// The answer is not what a perplexity needs; the rest of a sentence that begins with "the server".
    case unfit(String)
}

/// One of the forms in which servers tell the log-probabilities of a prompt. Pure: bytes in, numbers out.
enum PromptForm {
    static func path(_ api: ServedSettings.API) -> String {
        api == .sglang ? "/generate" : "/v1/completions"
    }

    /// - Parameter wantsGenerated: ask for the id and the value of the token that the server generates.
    static func body(_ api: ServedSettings.API, _ prompt: Prompt, model: String, wantsGenerated: Bool = false) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        switch api {
        case .vllm:
            return try encoder.encode(
                CompletionBody(
                    model: model, prompt: prompt, promptLogprobs: 0, logprobs: wantsGenerated ? 1 : nil,
                    returnTokensAsTokenIds: wantsGenerated ? true : nil))
        case .openai: return try encoder.encode(CompletionBody(model: model, prompt: prompt, logprobs: 1, echo: true))
        case .sglang: return try encoder.encode(GenerateBody(inputIds: prompt.ids))
        }
    }

    static func read(_ api: ServedSettings.API, _ data: Data, for prompt: Prompt) throws(AnswerFault) -> PromptAnswer {
        switch api {
        case .vllm: try VLLMAnswer.read(data, ids: prompt.ids)
        case .sglang: try SGLangAnswer.read(data, ids: prompt.ids)
        case .openai: try EchoAnswer.read(data, ids: prompt.ids)
        }
    }

    static func decode<Answer: Decodable>(_ type: Answer.Type, _ data: Data) throws(AnswerFault) -> Answer {
        let decoder = JSONDecoder()
        // Python servers write NaN and -Infinity as words, which JSON does not know.
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return try decoder.decodeChecked(type, from: Data(PythonJSON.quoted(Array(data)[...])))
        } catch {
            let shown = String(decoding: data.prefix(200), as: UTF8.self)
            throw .unfit("answered with something else than was asked for: \(shown.debugDescription)")
        }
    }

    /// What a log-probability means as NLL.
    ///
    /// - Parameter position: of its token in the prompt.
    static func nll(_ logprob: Double?, at position: Int) throws(AnswerFault) -> Double {
        // Null beyond the first position is how servers that refuse NaN in JSON write it.
        guard let logprob, !logprob.isNaN else { throw .notANumber(position) }
        // vLLM and others put -9999.0 in the place of -∞, which JSON cannot hold.
        if logprob <= -9999 { return .infinity }
        guard logprob <= 1e-3 else { throw .unfit("gave token \(position) the log-probability \(logprob), which is above 0") }
        return max(0, -logprob)
    }

    static func checkFirst(_ isNull: Bool) throws(AnswerFault) {
        guard isNull else {
            throw .unfit("gave a log-probability to the first token, before which there is nothing: its values may stand one place off")
        }
    }

    static func checkCount(_ found: Int, _ wanted: Int) throws(AnswerFault) {
        guard found == wanted else {
            throw .unfit("was sent \(wanted) tokens and told the log-probabilities of \(found): it cut the prompt, or added to it")
        }
    }
}

/// `POST /v1/completions`
private struct CompletionBody: Encodable {
    let model: String
    let prompt: Prompt
    var promptLogprobs: Int?
    var logprobs: Int?
    var echo: Bool?
    var returnTokensAsTokenIds: Bool?

    private enum CodingKeys: String, CodingKey {
        case model, prompt, logprobs, echo, temperature
        case maxTokens = "max_tokens"
        case promptLogprobs = "prompt_logprobs"
        case returnTokensAsTokenIds = "return_tokens_as_token_ids"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(model, forKey: .model)
        switch prompt {
        case .tokens(let ids): try container.encode(ids, forKey: .prompt)
        case .text(let text, _): try container.encode(text, forKey: .prompt)
        }
        // One token is generated and dropped: 0 is refused by some servers and means "without end" to others.
        try container.encode(1, forKey: .maxTokens)
        try container.encode(0, forKey: .temperature)
        try container.encodeIfPresent(promptLogprobs, forKey: .promptLogprobs)
        try container.encodeIfPresent(logprobs, forKey: .logprobs)
        try container.encodeIfPresent(echo, forKey: .echo)
        try container.encodeIfPresent(returnTokensAsTokenIds, forKey: .returnTokensAsTokenIds)
    }
}

/// SGLang's `POST /generate`
private struct GenerateBody: Encodable {
    struct Sampling: Encodable {
        let maxNewTokens = 1
        let temperature = 0

        private enum CodingKeys: String, CodingKey {
            case temperature
            case maxNewTokens = "max_new_tokens"
        }
    }

    let inputIds: [Int]
    let samplingParams = Sampling()
    let returnLogprob = true
    /// Without it only the generated tokens have values.
    let logprobStartLen = 0

    private enum CodingKeys: String, CodingKey {
        case inputIds = "input_ids"
        case samplingParams = "sampling_params"
        case returnLogprob = "return_logprob"
        case logprobStartLen = "logprob_start_len"
    }
}
