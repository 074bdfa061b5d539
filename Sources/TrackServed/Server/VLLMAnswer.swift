import FoundationEssentials

/// vLLM's completion with `prompt_logprobs`: null for the first token, for each further one an object by token id, in which the token of
/// the prompt always is, whatever its rank.
struct VLLMAnswer: Decodable {
    struct Value: Decodable { let logprob: Double? }

    struct Choice: Decodable {
        let promptLogprobs: [[String: Value]?]?
        let logprobs: Generated?

        private enum CodingKeys: String, CodingKey {
            case logprobs
            case promptLogprobs = "prompt_logprobs"
        }
    }

    struct Generated: Decodable {
        let tokens: [String]?
        let tokenLogprobs: [Double?]?

        private enum CodingKeys: String, CodingKey {
            case tokens
            case tokenLogprobs = "token_logprobs"
        }
    }

    let choices: [Choice]

    static func read(_ data: Data, ids: [Int]) throws(AnswerFault) -> PromptAnswer {
        let answer = try PromptForm.decode(VLLMAnswer.self, data)
        guard answer.choices.count == 1, let choice = answer.choices.first else {
            throw .unfit("gave \(answer.choices.count) answers to one prompt")
        }
        guard let values = choice.promptLogprobs else {
            throw .unfit("ignored prompt_logprobs, as servers do that are not vLLM; choose another api for it")
        }
        try PromptForm.checkCount(values.count, ids.count)
        try PromptForm.checkFirst(values[0] == nil)
        var nll: [Double] = []
        nll.reserveCapacity(ids.count - 1)
        for position in ids.indices.dropFirst() {
            guard let entry = values[position] else { throw .notANumber(position) }
            guard let own = entry["\(ids[position])"] else {
                throw .unfit(
                    "told about other tokens than the one that it was sent: token \(position) is \(ids[position]), and it named "
                        + entry.keys.sorted().joined(separator: ", "))
            }
            nll.append(try PromptForm.nll(own.logprob, at: position))
        }
        return PromptAnswer(nll: nll, generated: choice.logprobs.flatMap(generated))
    }

    /// With `return_tokens_as_token_ids` a token is written `token_id:42`.
    private static func generated(_ told: Generated) -> PromptAnswer.Generated? {
        guard let text = told.tokens?.first, text.hasPrefix("token_id:"), let id = Int(text.dropFirst("token_id:".count)),
            let logprob = told.tokenLogprobs?.first ?? nil, !logprob.isNaN
        else { return nil }
        return PromptAnswer.Generated(token: .id(id), nll: max(0, -logprob))
    }
}
