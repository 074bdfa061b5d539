import FoundationEssentials

/// The OpenAI form with `echo` and `logprobs`: one list over the prompt's tokens and the generated ones.
struct EchoAnswer: Decodable {
    struct Choice: Decodable {
        struct Logprobs: Decodable {
            let tokenLogprobs: [Double?]?
            let isList: Bool

            private enum CodingKeys: String, CodingKey {
                case content
                case tokenLogprobs = "token_logprobs"
            }

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                tokenLogprobs = try container.decodeIfPresent([Double?].self, forKey: .tokenLogprobs)
                isList = container.contains(.content)
            }
        }

        let logprobs: Logprobs?
    }

    struct Usage: Decodable {
        let promptTokens: Int?
        let completionTokens: Int?

        private enum CodingKeys: String, CodingKey {
            case promptTokens = "prompt_tokens"
            case completionTokens = "completion_tokens"
        }
    }

    let choices: [Choice]
    let usage: Usage?

    static func read(_ data: Data, ids: [Int]) throws(AnswerFault) -> PromptAnswer {
        let answer = try PromptForm.decode(EchoAnswer.self, data)
        guard answer.choices.count == 1, let choice = answer.choices.first else {
            throw .unfit("gave \(answer.choices.count) answers to one prompt")
        }
        guard let logprobs = choice.logprobs else {
            throw .unfit("ignored echo and logprobs without saying so, as `transformers serve` does: it gives no log-probabilities")
        }
        guard let values = logprobs.tokenLogprobs else {
            throw .unfit(
                logprobs.isList
                    ? "told the log-probabilities of what it generated only, in the form of the chat API, as llama.cpp's server does"
                    : "told no log-probabilities")
        }
        if let counted = answer.usage?.promptTokens, counted != ids.count {
            throw .unfit("was sent \(ids.count) tokens and counted \(counted): it added tokens, cut the prompt, or reads it otherwise")
        }
        let generated = answer.usage?.completionTokens ?? (values.count - ids.count)
        guard values.count > generated || ids.count <= generated else {
            throw .unfit("told the log-probabilities of what it generated only, and nothing about the prompt, as llama.cpp's server does")
        }
        guard (0...1).contains(generated) else { throw .unfit("was asked for 1 token and generated \(generated)") }
        try PromptForm.checkCount(values.count - generated, ids.count)
        try PromptForm.checkFirst(values[0] == nil)
        var nll: [Double] = []
        nll.reserveCapacity(ids.count - 1)
        for position in ids.indices.dropFirst() { nll.append(try PromptForm.nll(values[position], at: position)) }
        return PromptAnswer(nll: nll, generated: nil)
    }
}
