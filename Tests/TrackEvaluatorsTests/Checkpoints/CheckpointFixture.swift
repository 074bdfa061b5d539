import FoundationEssentials

/// Bytes of small safetensors files and folders around them.
enum CheckpointFixture {
    /// A file with the given float32 tensors, filled with a pattern.
    static func safetensors(_ shapes: [(String, [Int])] = [("embed.weight", [4, 2]), ("norm.weight", [2]), ("empty", [0, 3])]) -> Data {
        var entries: [String] = [#""__metadata__":{"format":"pt"}"#]
        var position = 0
        for (name, shape) in shapes {
            let end = position + shape.reduce(1, *) * 4
            entries.append(#""\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":[\#(position),\#(end)]}"#)
            position = end
        }
        return file(header: "{" + entries.joined(separator: ",") + "}", bytes: position)
    }

    static func file(header: String, bytes: Int) -> Data {
        let json = Data(header.utf8)
        var data = Data()
        for shift in 0..<8 { data.append(UInt8(truncatingIfNeeded: json.count >> (8 * shift))) }
        data.append(json)
        data.append(contentsOf: (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        return data
    }

    static let configuration = """
        {"architectures": ["LlamaForCausalLM"], "max_position_embeddings": 512, "vocab_size": 1024, "tie_word_embeddings": true,
         "_name_or_path": "out/base", "time_limit": [0.0, Infinity]}
        """
    static let tokenizer =
        #"{"version": "1.0", "truncation": null, "added_tokens": [{"id": 0, "content": "<s>"}], "model": {"vocab": {"a": 1, "b \" }": 2}}}"#

    /// A whole checkpoint as the Trainer leaves it.
    static func write(_ name: String, step: Int, in folder: TemporaryFolder) throws -> String {
        try folder.write(name + "/model.safetensors", safetensors())
        try folder.write(name + "/config.json", configuration)
        try folder.write(name + "/tokenizer.json", tokenizer)
        try folder.write(name + "/tokenizer_config.json", #"{"bos_token": "<s>", "eos_token": {"content": "</s>"}, "chat_template": "x"}"#)
        try folder.write(
            name + "/trainer_state.json", #"{"global_step": \#(step), "num_input_tokens_seen": 4096, "log_history": [{"loss": NaN}]}"#)
        try folder.write(name + "/optimizer.pt", "optimizer")
        return folder.path + "/" + name
    }
}
