import FoundationEssentials

/// The OpenAI form with `echo` and `logprobs`: one list over the prompt's tokens and the generated ones.
struct EchoAnswer: Decodable {
    struct Choice: Decodable {
        struct Logprobs: Decodable {
            let tokenLogprobs: [Double?]?
            let tokens: [String]?
            let isList: Bool

            private enum CodingKeys: String, CodingKey {
                case content, tokens
                case tokenLogprobs = "token_logprobs"
            }

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                tokenLogprobs = try container.decodeIfPresent([Double?].self, forKey: .tokenLogprobs)
                // They are of use to the probe only: what is wrong with them costs no answer.
                tokens = try? container.decodeIfPresent([String].self, forKey: .tokens)
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
        guard values.count - generated != ids.count - 1 || values.first != .some(nil) else {
            throw .unfit(
                "told nothing about the first token of the text, as llama-cpp-python does: of \(ids.count) tokens it names "
                    + "\(ids.count - 1), and the first of these without a log-probability")
        }
        try PromptForm.checkCount(values.count - generated, ids.count)
        try PromptForm.checkFirst(values[0] == nil)
        var nll: [Double] = []
        nll.reserveCapacity(ids.count - 1)
        for position in ids.indices.dropFirst() { nll.append(try PromptForm.nll(values[position], at: position)) }
        return PromptAnswer(nll: nll, generated: generated == 1 ? self.generated(logprobs.tokens, values) : nil)
    }

    /// The last of both lists, when they are of one length.
    private static func generated(_ tokens: [String]?, _ values: [Double?]) -> PromptAnswer.Generated? {
        guard let tokens, tokens.count == values.count, let text = tokens.last, let logprob = values.last ?? nil, !logprob.isNaN else {
            return nil
        }
        return PromptAnswer.Generated(token: .text(text), nll: max(0, -logprob))
    }
}
