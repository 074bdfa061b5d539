import FoundationEssentials
import TrackCore
import TrackEvaluators

/// Asks a server questions whose answers are known, before a number of its is believed. Several servers answer 200 and give wrong
/// log-probabilities, or none, without saying so.
struct ServerProbe: Sendable {
    /// What was learnt.
    struct Finding: Hashable, Sendable {
        /// The server takes text only, no token ids.
        let takesTextOnly: Bool
        /// The largest difference, over the tokens of the probe, between two answers to the same question. Nats.
        let repeatDifference: Double
    }

    let connection: ServerConnection
    let model: String

    private var api: ServedSettings.API { connection.settings.api }

    /// Some thirty tokens for most tokenizers; ordinary, so that no server treats it specially.
    static let text = "The harbour master wrote 17 letters in March, and not one of them was answered before the ice had gone.\n"

    /// - Parameters:
    ///   - ids: the prefix token and the tokens of ``text``.
    ///   - proveText: whether the server reads ``text`` as exactly these ids.
    ///   - longest: tokens of the longest prompt that the evaluation may send.
    /// - Throws: ``ServedRefusal`` with the reason, ``ServerFault``.
    func run(ids: [Int], longest: Int, proveText: () async throws -> Bool) async throws -> Finding {
        guard ids.count >= 4 else {
            throw ServedRefusal.unfit("the probe text has \(ids.count - 1) tokens under this tokenizer, too few to try the server with.")
        }
        let takesTextOnly = try await refusesIDs(ids)
        if takesTextOnly, try await !proveText() {
            throw ServedRefusal.unfit(
                "it takes text only, no token ids, and it reads the probe text as other tokens than this tokenizer does. "
                    + "Set tokenizer to server, or check that it serves the checkpoint that it should.")
        }
        let prompt = takesTextOnly ? Prompt.text(Self.text, tokens: ids) : .tokens(ids)
        let whole = try await score(prompt, wantsGenerated: true)
        guard whole.nll.contains(where: { $0 > 0 }) else { throw ServedRefusal.unfit("it gives every token the probability 1.") }
        let again = try await score(prompt)
        let difference = Self.largestDifference(whole.nll, again.nll)
        let tolerance = Self.tolerance(connection.settings.dtype)
        guard difference <= tolerance else {
            throw ServedRefusal.unfit(
                "asked the same twice, it answers differently by up to \(Self.shown(difference)) nats for a token. "
                    + "Start it with fewer sequences at a time, or with deterministic kernels.")
        }
        if !takesTextOnly {
            try await compareParts(ids, whole.nll, tolerance)
            try await compareGenerated(ids, whole.generated, tolerance)
            let long = (0..<longest).map { $0 == 0 ? ids[0] : ids[1 + ($0 - 1) % (ids.count - 1)] }
            _ = try await score(.tokens(long))
        }
        return Finding(takesTextOnly: takesTextOnly, repeatDifference: difference)
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

    /// The token that is generated first must be worth as much when it is sent as the last of a prompt: else values stand off their tokens.
    private func compareGenerated(_ ids: [Int], _ generated: PromptAnswer.Generated?, _ tolerance: Double) async throws {
        guard let generated else { return }
        guard let last = try await score(.tokens(ids + [generated.id])).nll.last else { return }
        guard abs(last - generated.nll) <= tolerance else {
            throw ServedRefusal.unfit(
                "it generates token \(generated.id) at \(Self.shown(generated.nll)) nats, and gives it \(Self.shown(last)) nats in a "
                    + "prompt: its prompt log-probabilities belong to other tokens, or are changed by its settings.")
        }
    }

    /// llama-cpp-python answers 500 to token ids. Nothing is tried twice here: the refusal is the answer.
    private func refusesIDs(_ ids: [Int]) async throws -> Bool {
        guard api == .openai else { return false }
        do {
            _ = try await connection.postOnce(PromptForm.path(api), try PromptForm.body(api, .tokens(ids), model: model))
            return false
        } catch ServerFault.refused(let status, _) where status == 400 || status == 422 {
            return true
        } catch ServerFault.gone(let words) where words.hasPrefix("answered 5") {
            return true
        } catch ServerFault.gone {
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
