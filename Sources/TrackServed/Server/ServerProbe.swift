import FoundationEssentials
import TrackCore
import TrackEvaluators

/// Asks a server questions whose answers are known, before a number of its is believed. Several servers answer 200 and give wrong
/// log-probabilities, or none, without saying so.
struct ServerProbe: Sendable {
    /// What was learnt.
    struct Finding: Hashable, Sendable {
        /// The server's answer to it is known to be right. A text when the server takes no token ids.
        let prompt: Prompt
        /// The largest difference, over the tokens of the probe, between two answers to the same question. Nats.
        let repeatDifference: Double

        var takesTextOnly: Bool { if case .text = prompt { true } else { false } }
    }

    let connection: ServerConnection
    let model: String
    /// A document as the model reads it, with what stands before it.
    let tokenize: @Sendable (String) async throws -> [Int]
    /// As what the server reads a text that it is sent; nil when it does not tell.
    let serverReads: @Sendable (String) async throws -> [Int]?

    private var api: ServedSettings.API { connection.settings.api }

    /// Some thirty tokens for most tokenizers; ordinary, so that no server treats it specially.
    static let text = "The harbour master wrote 17 letters in March, and not one of them was answered before the ice had gone.\n"

    /// - Parameter longest: tokens of the longest prompt that the evaluation may send.
    /// - Throws: ``ServedRefusal`` with the reason, ``ServerFault``.
    func run(longest: Int) async throws -> Finding {
        let ids = try await tokenize(Self.text)
        guard ids.count >= 4 else {
            throw ServedRefusal.unfit("the probe text has \(ids.count - 1) tokens under this tokenizer, too few to try the server with.")
        }
        let takesTextOnly = try await refusesIDs(ids)
        let prompt = takesTextOnly ? Prompt.text(Self.text, tokens: ids) : .tokens(ids)
        let whole: PromptAnswer
        do {
            whole = try await score(prompt, wantsGenerated: true)
        } catch ServerFault.failing(status: 500, let words) where takesTextOnly {
            throw ServedRefusal.unfit("asked for the log-probabilities of a prompt, as token ids and as text, it \(words).")
        }
        if takesTextOnly { try await proveReading(ids) }
        guard whole.nll.contains(where: { $0 > 0 }) else { throw ServedRefusal.unfit("it gives every token the probability 1.") }
        let again = try await score(prompt)
        let difference = Self.largestDifference(whole.nll, again.nll)
        let tolerance = Self.tolerance(connection.settings.dtype)
        guard difference <= tolerance else {
            throw ServedRefusal.unfit(
                "asked the same twice, it answers differently by up to \(Self.shown(difference)) nats for a token. "
                    + "Start it with fewer sequences at a time, or with deterministic kernels.")
        }
        if !takesTextOnly { try await compareParts(ids, whole.nll, tolerance) }
        if let generated = whole.generated, let longer = try await prompt.followed(by: generated.token, tokenize, serverReads) {
            try await compare(generated, longer, tolerance)
        }
        if !takesTextOnly {
            let long = (0..<longest).map { $0 == 0 ? ids[0] : ids[1 + ($0 - 1) % (ids.count - 1)] }
            _ = try await score(.tokens(long))
        }
        return Finding(prompt: prompt, repeatDifference: difference)
    }

    /// A server that takes text only must read it as the tokens that are scored.
    private func proveReading(_ ids: [Int]) async throws {
        guard let read = try await serverReads(Self.text) else {
            throw ServedRefusal.unfit(
                "it takes text only, no token ids, and has no tokenize endpoint that would tell which tokens it scores.")
        }
        guard read == ids else {
            throw ServedRefusal.unfit(
                "it takes text only, no token ids, and it reads the probe text as other tokens than this tokenizer does. "
                    + "Set tokenizer to server, or check that it serves the checkpoint that it should.")
        }
    }

    /// Two windows must add up: what the first half of a prompt is worth cannot depend on the second.
    private func compareParts(_ ids: [Int], _ whole: [Double], _ tolerance: Double) async throws {
        let half = Array(ids[..<(ids.count / 2 + 1)])
        let part = try await score(.tokens(half)).nll
        let difference = Self.largestDifference(part, Array(whole[..<part.count]))
        guard difference <= tolerance else {
            throw ServedRefusal.unfit(
                "what it says about the first half of a text changes by up to \(Self.shown(difference)) nats for a token when the second "
                    + "half follows: windows do not add up, and what it tells is no log-probability of a causal model.")
        }
    }

    /// The token that is generated must be worth as much as the last one of a prompt: else values stand off their tokens.
    private func compare(_ generated: PromptAnswer.Generated, _ longer: Prompt, _ tolerance: Double) async throws {
        guard let last = try await score(longer).nll.last, let id = longer.ids.last else { return }
        guard abs(last - generated.nll) <= tolerance else {
            throw ServedRefusal.unfit(
                "it generates token \(id) at \(Self.shown(generated.nll)) nats, and gives it \(Self.shown(last)) nats in a "
                    + "prompt: its prompt log-probabilities belong to other tokens, or are changed by its settings.")
        }
    }

    /// llama-cpp-python and `transformers serve` take text only. Nothing is tried twice here: the refusal is the answer.
    private func refusesIDs(_ ids: [Int]) async throws -> Bool {
        guard api == .openai else { return false }
        do {
            _ = try await connection.postOnce(PromptForm.path(api), try PromptForm.body(api, .tokens(ids), model: model))
            return false
        } catch ServerFault.refused(let status, _) where status == 400 || status == 422 {
            return true
        } catch ServerFault.failing(let status, _) where status >= 500 {
            return true
        } catch ServerFault.failing, ServerFault.gone {
            // Something else is wrong with the connection, which the questions that follow tell with patience.
            return false
        }
    }

    private func score(_ prompt: Prompt, wantsGenerated: Bool = false) async throws -> PromptAnswer {
        let body = try PromptForm.body(api, prompt, model: model, wantsGenerated: wantsGenerated)
        do {
            return try PromptForm.read(api, try await connection.post(PromptForm.path(api), body), for: prompt)
        } catch AnswerFault.unfit(let reason) {
            throw ServedRefusal.unfit("it \(reason).")
        } catch AnswerFault.notANumber(let position) {
            throw ServedRefusal.unfit("it gives no number for token \(position) of the probe text: the model's output is NaN.")
        } catch ServerFault.refused(_, let words) {
            throw ServedRefusal.unfit("sent a prompt of \(prompt.ids.count) tokens, it \(words).")
        }
    }

    private static func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
        guard a.count == b.count else { return .infinity }
        return zip(a, b).map { $0 == $1 ? 0 : abs($0 - $1) }.max() ?? 0
    }

    /// Nats for a token. Half-precision logits err by 2⁻⁸ of their size, which for common models is a tenth of a nat; a value that stands
    /// one place off is wrong by whole nats.
    private static func tolerance(_ dtype: ScoringProtocol.DType) -> Double { dtype == .float32 ? 0.01 : 0.5 }

    static func shown(_ value: Double) -> String { "\((value * 1e6).rounded() / 1e6)" }
}

extension Prompt {
    /// The probe's prompt and one token more; nil when that token cannot be sent as one of its own.
    fileprivate func followed(
        by token: PromptAnswer.Generated.Token, _ tokenize: (String) async throws -> [Int], _ serverReads: (String) async throws -> [Int]?
    ) async throws -> Prompt? {
        switch (self, token) {
        case (.tokens(let ids), .id(let id)): return .tokens(ids + [id])
        case (.text, .id): return nil
        case (.tokens(let ids), .text(let piece)):
            // A piece may join what stands before it, or be a part of a character.
            let longer = try await tokenize(ServerProbe.text + piece)
            return longer.dropLast() == ids[...] ? .tokens(longer) : nil
        case (.text(let text, let ids), .text(let piece)):
            let longer = try await tokenize(text + piece)
            guard longer.dropLast() == ids[...], try await serverReads(text + piece) == longer else { return nil }
            return .text(text + piece, tokens: longer)
        }
    }
}
