import FoundationEssentials

/// Of `config.json`, what is said about a checkpoint. Models of several parts keep the language model's numbers in `text_config`.
struct ModelConfiguration: Decodable {
    let architectures: [String]?
    let maximumContext: Int?
    let vocabulary: Int?
    let tiesEmbeddings: Bool?
    let startedFrom: String?

    private enum CodingKeys: String, CodingKey {
        case architectures, text = "text_config", positions = "max_position_embeddings", olderPositions = "n_positions", vocabulary =
            "vocab_size",
            tiesEmbeddings = "tie_word_embeddings", startedFrom = "_name_or_path"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let inner = try? container.nestedContainer(keyedBy: CodingKeys.self, forKey: .text)
        architectures = try container.decodeIfPresent([String].self, forKey: .architectures)
        func number(_ keys: CodingKeys...) -> Int? {
            for place in [container, inner] {
                for key in keys { if let value = try? place?.decodeIfPresent(Int.self, forKey: key), value > 0 { return value } }
            }
            return nil
        }
        maximumContext = number(.positions, .olderPositions)
        vocabulary = number(.vocabulary)
        tiesEmbeddings = try? container.decodeIfPresent(Bool.self, forKey: .tiesEmbeddings)
        startedFrom = (try? container.decodeIfPresent(String.self, forKey: .startedFrom)).flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Of the Trainer's `trainer_state.json`, what is said about a checkpoint.
struct TrainerState: Decodable {
    let step: Int64?
    let tokensSeen: Int64?

    private enum CodingKeys: String, CodingKey { case step = "global_step", tokensSeen = "num_input_tokens_seen" }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        step = try container.decodeIfPresent(Int64.self, forKey: .step).flatMap { $0 >= 0 ? $0 : nil }
        tokensSeen = try? container.decodeIfPresent(Int64.self, forKey: .tokensSeen).flatMap { $0 > 0 ? $0 : nil }
    }
}

/// `model.safetensors.index.json`: which shard holds which tensor.
struct ShardIndex: Decodable {
    let shardOfTensor: [String: String]

    private enum CodingKeys: String, CodingKey { case shardOfTensor = "weight_map" }

    var shards: [String] { Set(shardOfTensor.values).sorted() }

    /// A shard that is not a plain name of a file in the folder: a path could lead anywhere.
    var namedOutside: String? {
        shards.first { name in
            name.isEmpty || name == "." || name == ".." || name.contains("/") || name.utf8.contains { $0 < 0x20 }
        }
    }
}
