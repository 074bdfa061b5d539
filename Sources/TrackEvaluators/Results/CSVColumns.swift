import TrackCore

/// What a column of a table means.
package enum CSVMeaning: String, Sendable, CaseIterable {
    case checkpoint, step, tokensSeen = "tokens_seen", role, source, domain
    /// How the text was scored, in the source's words: it becomes a part of the stated protocol.
    case format
    case aggregation, evaluatedAt = "evaluated_at", tokens, bytes
    case perplexity, bytePerplexity = "byte_perplexity", wordPerplexity = "word_perplexity", bitsPerByte = "bits_per_byte", nll
    case ignore

    /// The names by which columns of this meaning go, in lower case with `_` for blanks and hyphens.
    private var names: [String] {
        switch self {
        case .checkpoint: ["checkpoint", "model", "model_name", "run", "name"]
        case .step: ["step", "checkpoint_step", "training_step", "training_steps", "global_step"]
        case .tokensSeen: ["tokens_seen"]
        case .role: ["role"]
        case .source: ["source", "dataset", "corpus"]
        case .domain: ["domain", "subdomain"]
        case .format: ["text_format", "format", "protocol"]
        case .aggregation: ["aggregation"]
        case .evaluatedAt: ["evaluated_at", "date", "timestamp"]
        case .tokens: ["tokens", "num_tokens", "total_tokens"]
        case .bytes: ["bytes", "num_bytes", "total_bytes"]
        case .perplexity: ["perplexity", "ppl", "ppl_token", "token_perplexity"]
        case .bytePerplexity: ["byte_perplexity", "ppl_byte"]
        case .wordPerplexity: ["word_perplexity", "ppl_word"]
        case .bitsPerByte: ["bits_per_byte", "bpb"]
        case .nll: ["nll", "mean_nll", "loss", "eval_loss", "cross_entropy"]
        case .ignore: []
        }
    }

    init?(column: String) {
        let name = column.lowercased().split { $0 == " " || $0 == "-" || $0 == "_" }.joined(separator: "_")
        guard let meaning = Self.allCases.first(where: { $0.names.contains(name) }) else { return nil }
        self = meaning
    }

    var metric: ReportedMetric? { ReportedMetric(rawValue: rawValue) }
}

/// Which column of a table holds what.
struct CSVColumns {
    private let positions: [CSVMeaning: Int]
    /// The one column whose numbers are taken.
    let metric: ReportedMetric
    /// Columns that mean nothing here, or whose numbers another one says already.
    let unread: [String]
    let header: [String]

    init(_ header: [String], map: [String: CSVMeaning]) throws(ResultFileError) {
        self.header = header
        var unread: [String] = []
        var positions: [CSVMeaning: Int] = [:]
        for (position, column) in header.enumerated() {
            guard let meaning = map[column] ?? CSVMeaning(column: column), meaning != .ignore else {
                unread.append(column)
                continue
            }
            guard positions.updateValue(position, forKey: meaning) == nil else {
                throw .header("two columns mean \(meaning.rawValue); say with --map COLUMN=ignore which one is not read")
            }
        }
        if let missing = map.keys.sorted().first(where: { !header.contains($0) }) {
            throw .header("there is no column \(missing.debugDescription), which --map names; there are \(header.joined(separator: ", "))")
        }
        guard positions[.domain] != nil || positions[.source] != nil else { throw .header(CSVColumns.missing("domain", header)) }
        let metrics = ReportedMetric.allCases.filter { metric in positions.keys.contains { $0.metric == metric } }
        guard let first = metrics.first else {
            throw .header(CSVColumns.missing("perplexity, byte_perplexity, word_perplexity, bits_per_byte or nll", header))
        }
        self.positions = positions
        metric = first
        let others = positions.filter { $0.key.metric != nil && $0.key.metric != first }
        self.unread = unread + others.values.sorted().map { header[$0] }
    }

    private static func missing(_ what: String, _ header: [String]) -> String {
        "no column is known to be the \(what); the columns are \(header.joined(separator: ", ")). Say which with --map COLUMN=MEANING"
    }

    /// The field of that meaning; nil without such a column, and for an empty one.
    func text(_ meaning: CSVMeaning, in fields: [String]) -> String? {
        guard let position = positions[meaning] else { return nil }
        let text = fields[position]
        return text.utf8.allSatisfy { $0 == 0x20 } ? nil : text
    }

    func name(_ meaning: CSVMeaning) -> String { positions[meaning].map { header[$0] } ?? meaning.rawValue }
}
