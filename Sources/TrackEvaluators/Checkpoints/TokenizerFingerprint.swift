import FoundationEssentials
import TrackCore

/// The digest of what turns text into token ids: two checkpoints with the same one compare per token, others per byte.
///
/// Included: of `tokenizer.json` every outermost member but `truncation`, `padding` and `version`, which do not change the tokens of a
/// whole
/// document and which trainers alter in passing; without that file the bytes of `tokenizer.model`, or of `vocab.json` and `merges.txt`, or
/// of `vocab.txt`, with
/// `added_tokens.json`. And the texts of the BOS, EOS and unknown tokens from `tokenizer_config.json`, else from `special_tokens_map.json`:
/// the first
/// token of a document is conditioned on BOS or EOS.
/// Not included: chat templates, padding, lengths, class names and everything else of the configuration.
enum TokenizerFingerprint {
    /// The files that may decide how text becomes tokens, those that are there; their bytes belong to a checkpoint's content digest.
    static let fileNames = [
        "added_tokens.json", "merges.txt", "special_tokens_map.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json",
        "vocab.json",
        "vocab.txt",
    ]
    /// Bytes; the largest known tokenizer.json has 35 million.
    static let maximumFileSize: Int64 = 256 << 20

    /// Nil when the folder has no tokenizer. `contents` gives a file's bytes, nil for one that is not there.
    static func digest(in folder: String, contents: (String) throws -> Data?) throws -> Digest? {
        var stream = DigestStream()
        stream.update(text: "track tokenizer 1\n")
        if let data = try contents("tokenizer.json") {
            guard let members = CompactMembers(data) else {
                throw CheckpointFolderError.damaged(file: folder + "/tokenizer.json", reason: "it is not readable JSON")
            }
            for member in members.sorted(without: ["truncation", "padding", "version"]) {
                stream.update(text: "\(member.name.count) \(member.value.count)\n")
                stream.update(member.name)
                stream.update(member.value)
            }
        } else {
            let choices = [["tokenizer.model"], ["vocab.json", "merges.txt"], ["vocab.txt"]]
            guard let files = try choices.first(where: { try $0.allSatisfy { try contents($0) != nil } }) else { return nil }
            for name in files + ["added_tokens.json"] {
                guard let data = try contents(name) else { continue }
                stream.update(text: "\(name) \(data.count)\n")
                stream.update(data)
            }
        }
        let configured = try specialTokens(contents("tokenizer_config.json"), file: folder + "/tokenizer_config.json")
        let mapped = try specialTokens(contents("special_tokens_map.json"), file: folder + "/special_tokens_map.json")
        let tokens = [configured.bos ?? mapped.bos, configured.eos ?? mapped.eos, configured.unknown ?? mapped.unknown]
        stream.update(CanonicalJSON.array(tokens.map { .optional($0?.text) { .string($0) } }).bytes)
        return stream.finish()
    }

    private static func specialTokens(_ data: Data?, file: String) throws -> SpecialTokens {
        guard let data else { return SpecialTokens() }
        do {
            return try PythonJSON.decode(SpecialTokens.self, from: data)
        } catch {
            throw CheckpointFolderError.damaged(file: file, reason: "it is not readable JSON")
        }
    }
}

/// Of `tokenizer_config.json` and `special_tokens_map.json`, which write a token as its text or as an object with its text.
private struct SpecialTokens: Decodable {
    var bos: Token?
    var eos: Token?
    var unknown: Token?

    init() {}

    enum CodingKeys: String, CodingKey { case bos = "bos_token", eos = "eos_token", unknown = "unk_token" }

    struct Token: Decodable {
        let text: String

        enum CodingKeys: String, CodingKey { case content }

        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                self.text = text
            } else {
                text = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .content)
            }
        }
    }
}
