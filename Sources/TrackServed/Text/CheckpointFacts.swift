import FoundationEssentials
import TrackCore
import TrackEvaluators

/// What the small files of a checkpoint's folder say: the longest input, and the token that stands before every document.
struct CheckpointFacts: Hashable, Sendable {
    /// `max_position_embeddings`; nil when the model states none.
    let longest: Int?
    /// BOS, else EOS; nil when the tokenizer has neither.
    let prefix: Int?

    /// - Throws: ``ServedRefusal``
    init(folder: String) throws(ServedRefusal) {
        struct Config: Decodable {
            let longest: Int?
            let text: [String: Scalar]?

            private enum CodingKeys: String, CodingKey {
                case longest = "max_position_embeddings"
                case text = "text_config"
            }
        }
        let config: Config = try Self.read(folder, "config.json")
        let longest = config.longest ?? config.text?["max_position_embeddings"]?.whole
        self.longest = longest.flatMap { $0 >= 2 ? $0 : nil }
        prefix = try Self.prefix(folder)
    }

    private static func prefix(_ folder: String) throws(ServedRefusal) -> Int? {
        struct Special: Decodable {
            let content: String?

            init(from decoder: any Decoder) throws {
                struct Token: Decodable { let content: String }
                let container = try decoder.singleValueContainer()
                content = (try? container.decode(String.self)) ?? (try? container.decode(Token.self))?.content
            }
        }
        struct Names: Decodable {
            let bos: Special?
            let eos: Special?

            private enum CodingKeys: String, CodingKey {
                case bos = "bos_token"
                case eos = "eos_token"
            }
        }
        struct Tokenizer: Decodable {
            struct Added: Decodable {
                let id: Int
                let content: String
            }

            let added: [Added]

            private enum CodingKeys: String, CodingKey { case added = "added_tokens" }
        }
        let names: Names = try read(folder, "tokenizer_config.json")
        guard let content = names.bos?.content ?? names.eos?.content else { return nil }
        let tokenizer: Tokenizer = try read(folder, "tokenizer.json")
        guard let token = tokenizer.added.first(where: { $0.content == content }) else {
            throw ServedRefusal(
                .checkpointInvalid,
                "tokenizer_config.json in \(folder) names the token \(content.debugDescription), and tokenizer.json beside it does not "
                    + "know it among its added tokens. Save the tokenizer again.")
        }
        return token.id
    }

    private enum Scalar: Decodable {
        case whole(Int)
        case other

        init(from decoder: any Decoder) throws {
            self = (try? decoder.singleValueContainer().decode(Int.self)).map(Scalar.whole) ?? .other
        }

        var whole: Int? { if case .whole(let value) = self { value } else { nil } }
    }

    private static func read<Value: Decodable>(_ folder: String, _ name: String) throws(ServedRefusal) -> Value {
        let path = folder + "/" + name
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            let isThere = FileManager.default.fileExists(atPath: path)
            throw ServedRefusal(
                .checkpointUnreadable,
                isThere
                    ? "cannot read \(path). Make it readable for the user that runs evaluators."
                    : "\(path) does not exist on this machine. Its folder must hold the checkpoint's config.json and tokenizer files, "
                        + "though the server has the weights.")
        }
        do {
            return try JSONDecoder().decodeChecked(Value.self, from: data)
        } catch {
            throw ServedRefusal(.checkpointInvalid, "\(path) is not what transformers writes. Copy or save the checkpoint again.")
        }
    }
}
