import FoundationEssentials
package import TrackCore

/// How a running inference server is asked for the log-probabilities of a prompt: one `served` entry of the evaluators' file.
package struct ServedSettings: Hashable, Sendable {
    /// The form in which a server tells the log-probabilities of a prompt.
    package enum API: String, Sendable, Codable, CaseIterable {
        /// `/v1/completions` with `prompt_logprobs`.
        case vllm
        /// `/generate` with `return_logprob`.
        case sglang
        /// `/v1/completions` with `echo` and `logprobs`.
        case openai
    }

    /// Where token ids come from.
    package enum Tokenizer: Hashable, Sendable {
        /// `tokenizer.json` in the checkpoint's folder.
        case checkpoint
        /// `tokenizer.json` in another folder.
        case folder(String)
        /// The server's own endpoint.
        case server
    }

    /// `http://host:port` or `https://host:port`, without a path at its end.
    package let url: String
    package let api: API
    /// The name under which the server serves the checkpoint. `{path}` stands for the checkpoint's folder, `{folder}` for its last part.
    package let model: String
    /// The one checkpoint that a model without a placeholder is.
    package let checkpoint: Digest?
    /// The number format of the server's weights and activations.
    package let dtype: ScoringProtocol.DType
    package let tokenizer: Tokenizer
    /// The most tokens of prompt and answer together, where the server does not tell; nil then has no limit.
    package let context: Int?
    /// Requests under way at a time.
    package let concurrency: Int
    /// Seconds for one request.
    package let timeout: Double
    /// How often a request is sent before the evaluation is given up.
    package let tries: Int
    package let tokenFile: String?
    /// Certificates in PEM form that sign the server's; nil for those that the system trusts.
    package let authorityFile: String?

    package static let standardModel = "{path}"

    /// The server's name for a checkpoint.
    package func model(forPath path: String) -> String {
        let folder = path.split(separator: "/").last.map(String.init) ?? path
        return model.replacing("{path}", with: path).replacing("{folder}", with: folder)
    }

    var namesOneModel: Bool { !model.contains("{path}") && !model.contains("{folder}") }
}

extension ServedSettings: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case url, api, model, checkpoint, dtype, tokenizer, context, concurrency, timeout, tries, tokenFile, authorityFile
    }

    package init(from decoder: any Decoder) throws {
        try StrictKeys.check(decoder, CodingKeys.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func refuse(_ key: CodingKeys, _ reason: String) -> Fault { StrictKeys.fault(decoder, key.rawValue, reason) }
        func number<Number: Comparable & Decodable>(
            _ key: CodingKeys, default standard: Number, in range: ClosedRange<Number>
        ) throws -> Number {
            let value = try container.decodeIfPresent(Number.self, forKey: key) ?? standard
            guard range.contains(value) else { throw refuse(key, "must be from \(range.lowerBound) to \(range.upperBound)") }
            return value
        }
        let given = try container.decode(String.self, forKey: .url)
        url = given.hasSuffix("/") ? String(given.dropLast()) : given
        guard let parts = URL(string: url), parts.scheme == "http" || parts.scheme == "https", let host = parts.host, !host.isEmpty,
            parts.query == nil, parts.user == nil
        else { throw refuse(.url, "must be http://HOST:PORT or https://HOST:PORT") }
        guard let api = API(rawValue: try container.decode(String.self, forKey: .api)) else {
            throw refuse(.api, "must be one of: \(API.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.api = api
        guard let dtype = ScoringProtocol.DType(rawValue: try container.decode(String.self, forKey: .dtype)) else {
            throw refuse(.dtype, "must be one of: \(ScoringProtocol.DType.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.dtype = dtype
        model = try container.decodeIfPresent(String.self, forKey: .model) ?? Self.standardModel
        checkpoint = try container.decodeIfPresent(Digest.self, forKey: .checkpoint)
        switch try container.decodeIfPresent(String.self, forKey: .tokenizer) ?? "checkpoint" {
        case "checkpoint": tokenizer = .checkpoint
        case "server": tokenizer = .server
        case let folder where folder.hasPrefix("/"): tokenizer = .folder(folder)
        default: throw refuse(.tokenizer, "must be checkpoint, server, or the absolute path of a folder")
        }
        context = try container.decodeIfPresent(Int.self, forKey: .context)
        if let context, context < 2 { throw refuse(.context, "must be at least 2 tokens") }
        concurrency = try number(.concurrency, default: 4, in: 1...256)
        timeout = try number(.timeout, default: 120, in: 0.1...3600)
        tries = try number(.tries, default: 5, in: 1...100)
        tokenFile = try container.decodeIfPresent(String.self, forKey: .tokenFile)
        authorityFile = try container.decodeIfPresent(String.self, forKey: .authorityFile)
        if namesOneModel, checkpoint == nil {
            throw refuse(
                .model,
                "names one model, so that checkpoint must say which checkpoint that is, by its digest; or use {path} or {folder} in it")
        }
        if tokenFile != nil, parts.scheme == "http", !["127.0.0.1", "localhost", "[::1]", "::1"].contains(host) {
            throw refuse(.url, "must be https: over http everybody on the way could read the token")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(url, forKey: .url)
        try container.encode(api, forKey: .api)
        try container.encode(model, forKey: .model)
        try container.encodeIfPresent(checkpoint, forKey: .checkpoint)
        try container.encode(dtype, forKey: .dtype)
        switch tokenizer {
        case .checkpoint: try container.encode("checkpoint", forKey: .tokenizer)
        case .folder(let path): try container.encode(path, forKey: .tokenizer)
        case .server: try container.encode("server", forKey: .tokenizer)
        }
        try container.encodeIfPresent(context, forKey: .context)
        try container.encode(concurrency, forKey: .concurrency)
        try container.encode(timeout, forKey: .timeout)
        try container.encode(tries, forKey: .tries)
        try container.encodeIfPresent(tokenFile, forKey: .tokenFile)
        try container.encodeIfPresent(authorityFile, forKey: .authorityFile)
    }
}
