import FoundationEssentials

/// SGLang's `/generate`: triples of log-probability, token id and text.
struct SGLangAnswer: Decodable {
    struct Entry: Decodable {
        let logprob: Double?
        let id: Int

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            logprob = try list.decodeNil() ? nil : try list.decode(Double.self)
            id = try list.decode(Int.self)
        }
    }

    struct Meta: Decodable {
        let inputTokenLogprobs: [Entry]?
        let outputTokenLogprobs: [Entry]?

        private enum CodingKeys: String, CodingKey {
            case inputTokenLogprobs = "input_token_logprobs"
            case outputTokenLogprobs = "output_token_logprobs"
        }
    }

    let meta: Meta

    private enum CodingKeys: String, CodingKey { case meta = "meta_info" }

    static func read(_ data: Data, ids: [Int]) throws(AnswerFault) -> PromptAnswer {
        let meta = try PromptForm.decode(SGLangAnswer.self, data).meta
        guard let entries = meta.inputTokenLogprobs, !entries.isEmpty else {
            throw .unfit("ignored logprob_start_len: it told nothing about the prompt")
        }
        try PromptForm.checkCount(entries.count, ids.count)
        try PromptForm.checkFirst(entries[0].logprob == nil)
        var nll: [Double] = []
        nll.reserveCapacity(ids.count - 1)
        let highest = ids.max()
        for (position, entry) in entries.enumerated() {
            // SGLang names token 0 in the place of the vocabulary's last one, with that one's value.
            guard entry.id == ids[position] || entry.id == 0 && ids[position] == highest else {
                throw .unfit("told about token id \(entry.id) where it was sent \(ids[position])")
            }
            if position > 0 { nll.append(try PromptForm.nll(entry.logprob, at: position)) }
        }
        let generated = meta.outputTokenLogprobs?.first.flatMap { entry in
            entry.logprob.flatMap { $0.isNaN ? nil : PromptAnswer.Generated(token: .id(entry.id), nll: max(0, -$0)) }
        }
        return PromptAnswer(nll: nll, generated: generated)
    }
}
