import FoundationEssentials
import TrackCore
import TrackEvaluators

/// A text as token ids.
struct EncodedText: Hashable, Sendable {
    let ids: [Int]
    /// Of each token, where it ends in the text, in Unicode scalars; nil from a tokenizer that does not tell.
    let ends: [Int]?
}

/// Turns text into the ids that the served model reads. One text at a time.
protocol TextTokenizer: Sendable {
    /// For the record, for example `tokenizers 0.22.1`.
    var name: String { get }
    var tellsEnds: Bool { get }
    /// - Parameter special: with the special tokens that the tokenizer adds by itself.
    func encode(_ text: String, special: Bool) async throws -> EncodedText
}

/// The `tokenizers` library, in `python -m track_evaluator tokenize FOLDER`.
struct LocalTokenizer: TextTokenizer {
    let name: String
    let tellsEnds = true
    private let process: GuardedProcess

    private struct Question: Encodable {
        let text: String
        let special: Bool
    }

    private struct Answer: Decodable {
        let ids: [Int]
        let ends: [Int]
    }

    private struct Greeting: Decodable { let tokenizers: String }

    /// - Throws: ``ServedRefusal`` when the folder has no tokenizer that can be read.
    init(_ process: GuardedProcess) async throws {
        self.process = process
        guard let line = try await process.lines.next(), let greeting = try? JSONDecoder().decodeChecked(Greeting.self, from: Data(line)) else {
            throw await Self.ended(process)
        }
        name = "tokenizers " + greeting.tokenizers
    }

    func encode(_ text: String, special: Bool) async throws -> EncodedText {
        let question = try JSONEncoder().encode(Question(text: text, special: special))
        do {
            try await process.write(Array(question) + [UInt8(ascii: "\n")])
        } catch GuardedProcessError.inputClosed {
            throw await Self.ended(process)
        }
        guard let line = try await process.lines.next() else { throw await Self.ended(process) }
        let answer = try JSONDecoder().decodeChecked(Answer.self, from: Data(line))
        return EncodedText(ids: answer.ids, ends: answer.ends)
    }

    static func command(folder: String, environment: [String: String]) -> GuardedCommand {
        let python = environment[EvaluatorCatalog.pythonVariable] ?? "python3"
        let inherited = environment.filter { $0.key != ServedVariables.token && $0.key != ServedVariables.settings }
        return GuardedCommand([python, "-m", "track_evaluator", "tokenize", folder], environment: inherited)
    }

    private static func ended(_ process: GuardedProcess) async -> ServedRefusal {
        // Its last words travel beside its output.
        await process.finishInput()
        while let line = try? await process.lines.next() { _ = line }
        try? await Task.sleep(for: .milliseconds(50))
        let reason = process.errorTail.split(separator: "\n").last.map(String.init) ?? "it wrote nothing to standard error"
        return ServedRefusal(.checkpointInvalid, "The tokenizer gave no answer: \(reason)")
    }
}

/// The server's own endpoint.
struct ServerTokenizer: TextTokenizer {
    enum Endpoint: Hashable, Sendable {
        /// `/tokenize` of vLLM and SGLang.
        case tokenize
        /// `/extras/tokenize` of llama-cpp-python, which puts BOS before every text, or before none.
        case extras(prefix: Int?)
    }

    let connection: ServerConnection
    let model: String
    let endpoint: Endpoint
    let tellsEnds = false

    var name: String { "the server's" }

    private struct Answer: Decodable { let tokens: [Int] }

    /// Finds out which endpoint the server has; nil when it has none.
    ///
    /// - Parameter prefix: the token that `/extras/tokenize` may add.
    static func find(_ connection: ServerConnection, model: String, prefix: Int?) async throws -> ServerTokenizer? {
        let usual = ServerTokenizer(connection: connection, model: model, endpoint: .tokenize)
        // llama.cpp's server has a /tokenize that reads another key, and gives no tokens for a text that it did not find.
        if let ids = try await usual.attempt(special: false), !ids.isEmpty { return usual }
        let bare = ServerTokenizer(connection: connection, model: model, endpoint: .extras(prefix: nil))
        guard let ids = try await bare.attempt(special: true), !ids.isEmpty else { return nil }
        return ServerTokenizer(connection: connection, model: model, endpoint: .extras(prefix: ids.first == prefix ? prefix : nil))
    }

    private func attempt(special: Bool) async throws -> [Int]? {
        do { return try await encode("a", special: special).ids } catch ServerFault.refused { return nil }
    }

    func encode(_ text: String, special: Bool) async throws -> EncodedText {
        struct Question: Encodable {
            let model: String
            let prompt: String
            let special: Bool

            private enum CodingKeys: String, CodingKey {
                case model, prompt
                case special = "add_special_tokens"
            }
        }
        struct Extras: Encodable {
            let model: String
            let input: String
        }
        switch endpoint {
        case .tokenize:
            let body = try JSONEncoder().encode(Question(model: model, prompt: text, special: special))
            return EncodedText(ids: try PromptForm.decode(Answer.self, try await connection.post("/tokenize", body)).tokens, ends: nil)
        case .extras(let prefix):
            let body = try JSONEncoder().encode(Extras(model: model, input: text))
            var ids = try PromptForm.decode(Answer.self, try await connection.post("/extras/tokenize", body)).tokens
            if !special, let prefix, ids.first == prefix { ids.removeFirst() }
            return EncodedText(ids: ids, ends: nil)
        }
    }
}
