import TrackCore

/// With what OLMo-Eval made a number: the model, the window, and whether all documents were read.
struct OLMoEvalSetting {
    private let tree: JSONTree
    private let options: JSONTree?

    /// - Parameter options: where the settings stand, when not beside the model.
    init(_ tree: JSONTree, options: JSONTree?) {
        self.tree = tree
        self.options = options
    }

    private subscript(_ name: String) -> JSONTree? {
        let found = options?[name] ?? tree[name]
        return found == .null ? nil : found
    }

    func checkpoint(_ options: ResultOptions) -> ReportedCheckpoint {
        let model = (tree["model"] ?? tree["full_model"])?.text
        let label = model.map { text in
            text.firstRange(of: "pretrained=").map { String(text[$0.upperBound...].prefix { $0 != "," }) } ?? text
        }
        let revision = (tree["revision"] ?? tree["model_kwargs"]?["revision"])?.text
        let step = revision.flatMap { $0.hasPrefix("step") ? Int64($0.dropFirst(4).prefix { $0.isASCII && $0.isNumber }) : nil }
        return ReportedCheckpoint(label: label ?? options.label, step: options.step ?? step)
    }

    func key(_ options: ResultOptions) -> ReportedRun.Key {
        ReportedRun.Key(
            checkpoint: checkpoint(options), scoring: StatedProtocol(statement: options.statement ?? statement, unit: .token),
            aggregation: .tokenWeighted)
    }

    /// Its steps read 1,000 documents of a task unless they are told otherwise, so that most numbers in the wild are of a subsample.
    private var statement: String {
        var parts = ["OLMo-Eval"]
        parts.append("windows of \(self["model_max_length"]?.whole.map { "\($0)" } ?? "unstated length")")
        parts.append("split \(self["split"]?.text ?? "unstated")")
        if let limit = self["limit"]?.whole {
            parts.append("at most \(limit) documents a task, seed \(self["random_subsample_seed"]?.whole.map { "\($0)" } ?? "unstated")")
        } else {
            parts.append("no limit stated")
        }
        return parts.joined(separator: ", ")
    }

    func source(_ file: ResultFile) -> ReportedTable.Source {
        var environment = ["file": file.name]
        if let revision = tree["model_kwargs"]?["revision"]?.text { environment["revision"] = revision }
        // Written as `2023-11-05 18:03:11 UTC`.
        let date = tree["date"]?.text.flatMap { Timestamp($0.replacing(" UTC", with: "Z").replacing(" ", with: "T")) }
        return ReportedTable.Source(evaluator: "olmo-eval", environment: environment, evaluatedAt: date ?? file.modified)
    }

    /// Tasks are called `ppl_<source>`.
    static func domain(task: String, subdomain: String?) -> DomainName? {
        let source = task.hasPrefix("ppl_") ? String(task.dropFirst(4)) : task
        return subdomain.map { ReportedName.domain(source: source, $0) } ?? ReportedName.domain(source: nil, source)
    }

    /// One perplexity per token. Its writer cuts off at 1e30, behind which the value is unknown.
    func add(
        _ value: JSONTree, task: String, subdomain: String?, _ options: ResultOptions, _ source: ReportedTable.Source, at place: String,
        field: String, into table: inout ReportedTable
    ) {
        guard let domain = OLMoEvalSetting.domain(task: task, subdomain: subdomain) else {
            return table.skip(at: place, field: field, "cannot name a domain: it needs a letter or a digit")
        }
        guard let number = value.number else { return table.skip(at: place, field: field, "is not a number") }
        guard number != 1e30 else {
            return table.skip(at: place, field: field, "is 1e30, where OLMo-Eval cuts off: the perplexity itself is unknown")
        }
        switch ReportedMetric.perplexity.meanNLL(number) {
        case .failure(let problem): table.skip(at: place, field: field, problem.reason)
        case .success(let mean): table.add(DomainSummary(domain: domain, meanNLL: mean), to: key(options), from: source, at: place)
        }
    }
}

/// A wide table, `<metric>_<task>_subdomains.jsonl(.gz)`: a row per model, and besides what it was made with a column per domain.
struct OLMoEvalTable {
    private let file: ResultFile
    private let metric: String

    /// Nil for a file that is none.
    init?(_ file: ResultFile) {
        let stem = file.name.split(separator: ".").first.map(String.init) ?? file.name
        guard file.name.hasSuffix(".jsonl") || file.name.hasSuffix(".jsonl.gz"),
            stem.hasSuffix("_subdomains") || stem.hasSuffix("_token_count_avg_logits") || stem == "ppl_metrics"
        else { return nil }
        self.file = file
        metric = stem
    }

    func read(_ options: ResultOptions, into table: inout ReportedTable) async throws {
        guard metric.hasPrefix("ppl_token_") else {
            return table.note("\(file.name) is not read: the perplexities are in ppl_token_<task>_subdomains.")
        }
        try await file.eachTree { place, result in
            let place = place.description
            switch result {
            case .failure(let fault): table.skip(at: place, field: fault.field, fault.reason)
            case .success(let row):
                guard let task = row["task"]?.text else {
                    return table.skip(at: place, field: "task", "is missing")
                }
                let setting = OLMoEvalSetting(row, options: nil)
                for (column, value) in (row.members ?? [:]).sorted(by: { $0.key < $1.key })
                where !OLMoEvalTable.common.contains(column) && value != .null {
                    setting.add(value, task: task, subdomain: column, options, setting.source(file), at: place, field: column, into: &table)
                }
            }
        }
    }

    /// Columns that every table has.
    private static let common: Set<String> = [
        "date", "model", "model_kwargs", "full_model", "task", "processing_time", "num_instances", "tango_workspace", "tango_step",
        "model_max_length", "max_batch_tokens", "batch_size", "limit", "split", "random_subsample_seed", "revision", "model_path", "name",
        "unconditioned_prompt", "num_shots", "fewshot_seed", "num_recorded_inputs", "primary_metric", "metric",
    ]
}
