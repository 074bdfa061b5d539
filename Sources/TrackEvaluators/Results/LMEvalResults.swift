import TrackCore

/// Files of lm-evaluation-harness: `results_*.json`, with `"byte_perplexity,none"` or the older `"byte_perplexity"` as keys, and
/// `samples_<task>_*.jsonl` with one document a line.
///
/// Its perplexities are per byte and per word, never per token. With the samples of a task beside its results the sums are exact, and are
/// taken per subdomain; else there is one number per task.
enum LMEvalResults {
    static func read(_ files: [ResultFile], _ options: ResultOptions, into table: inout ReportedTable) async throws {
        var results: [LMEvalRun] = []
        var samples: [ResultFile] = []
        for file in files {
            if file.name.hasSuffix(".jsonl") {
                samples.append(file)
            } else {
                results.append(try await LMEvalRun(file))
            }
        }
        var read: Set<String> = []
        for run in results {
            let own = samples.filter { run.ownsSamples(in: $0) }
            for task in run.tasks {
                if let file = own.first(where: { run.task(ofSamples: $0) == task }) {
                    read.insert(file.path)
                    try await LMEvalSamples(file: file, task: task, run: run, options: options).read(into: &table)
                } else {
                    run.readTask(task, options, into: &table)
                }
            }
        }
        for file in samples where !read.contains(file.path) {
            guard let task = LMEvalRun.task(ofSamplesName: file.name) else {
                table.skip(at: file.path, "is of no task that the results name; its name should be samples_<task>_<time>.jsonl")
                continue
            }
            table.note("\(file.name) has no results file beside it: what it was made with is not stated.")
            try await LMEvalSamples(file: file, task: task, run: LMEvalRun(unstated: file), options: options).read(into: &table)
        }
    }
}

/// One results file: a model and what it was evaluated with.
struct LMEvalRun {
    let file: ResultFile
    private let content: JSONTree

    init(_ file: ResultFile) async throws {
        self.file = file
        content = try await file.tree()
        guard content["results"]?.members != nil else {
            throw ResultFileError.form(file: file.path, reason: "is no results file of lm-evaluation-harness: it has no member \"results\"")
        }
    }

    /// For samples without results.
    init(unstated file: ResultFile) {
        self.file = file
        content = .object([:])
    }

    var tasks: [String] { (content["results"]?.members ?? [:]).keys.sorted() }

    // MARK: What it was made with

    func key(_ options: ResultOptions, task: String, unit: StatedProtocol.Unit) -> ReportedRun.Key {
        ReportedRun.Key(
            checkpoint: ReportedCheckpoint(label: label ?? options.label, step: options.step ?? step),
            scoring: StatedProtocol(statement: options.statement ?? statement(of: task), unit: unit), aggregation: .tokenWeighted)
    }

    var source: ReportedTable.Source {
        var environment = ["file": file.name]
        for (name, value) in [
            ("lm_eval", content["lm_eval_version"]?.text), ("git_hash", content["git_hash"]?.text),
            ("transformers", content["transformers_version"]?.text), ("model_sha", content["config"]?["model_sha"]?.text),
            ("device", content["config"]?["device"]?.text),
        ] where value?.isEmpty == false { environment[name] = value }
        // The harness writes the time in seconds since 1970.
        let date = content["date"]?.number.flatMap { $0 > 0 && $0 < 1e11 ? Timestamp(milliseconds: Int64($0 * 1000)) : nil }
        let version = content["lm_eval_version"]?.text.map { " " + $0 } ?? ""
        return ReportedTable.Source(evaluator: "lm-eval" + version, environment: environment, evaluatedAt: date ?? file.modified)
    }

    private var label: String? { content["model_name"]?.text ?? argument("pretrained") ?? content["config"]?["model"]?.text }

    /// Checkpoints of a hub are told apart by revisions such as `step10000` or `step10000-tokens41B`.
    private var step: Int64? {
        argument("revision").flatMap { $0.hasPrefix("step") ? Int64($0.dropFirst(4).prefix { $0.isASCII && $0.isNumber }) : nil }
    }

    /// Of the model's arguments, which are an object or, in older files, the text `pretrained=gpt2,dtype=float32`.
    private func argument(_ name: String) -> String? {
        guard let arguments = content["config"]?["model_args"] else { return nil }
        switch arguments[name] {
        case .string(let text)?: return text
        case .bool(let value)?: return value ? "True" : "False"
        case .number(let value)?: return LMEvalRun.text(value)
        default: break
        }
        return arguments.text?.split(separator: ",").first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    private static func text(_ value: Double) -> String { Int64(exactly: value).map { "\($0)" } ?? "\(value)" }

    /// Everything that changes the number: the window, the prefix, the number format, the version and a limit on the documents.
    private func statement(of task: String) -> String {
        guard content["config"] != nil else { return "lm-evaluation-harness, loglikelihood_rolling, settings not stated" }
        let version = content["lm_eval_version"]?.text ?? content["git_hash"]?.text.map { "at \($0)" } ?? "of unknown version"
        let dtype = content["config"]?["model_dtype"]?.text.map { $0.replacing("torch.", with: "") } ?? argument("dtype")
        let length = content["max_length"]?.whole.map { "\($0)" } ?? argument("max_length")
        var parts = ["lm-evaluation-harness \(version)", content["config"]?["model"]?.text ?? "unknown backend", "loglikelihood_rolling"]
        parts.append("windows of \(length ?? "the model's length")")
        parts.append("add_bos_token \(argument("add_bos_token") ?? "by default")")
        parts.append(dtype ?? "unknown dtype")
        if let version = content["versions"]?[task]?.number { parts.append("task version \(LMEvalRun.text(version))") }
        if let limit = content["config"]?["limit"]?.number { parts.append("limit \(LMEvalRun.text(limit))") }
        return parts.joined(separator: ", ")
    }

    // MARK: Tasks

    /// Documents that the results count for a task; nil where they do not.
    func documents(of task: String) -> Int64? { content["n-samples"]?[task]?["effective"]?.whole }

    /// A metric under its key with a filter, or without as in older files.
    func metric(_ metric: ReportedMetric, of task: String) -> (key: String, value: JSONTree)? {
        let members = content["results"]?[task]?.members ?? [:]
        let name = metric.rawValue
        let key = members.keys.filter { $0 == name || $0.hasPrefix(name + ",") }.min()
        return key.flatMap { key in members[key].map { (key, $0) } }
    }

    /// Paloma's tasks go by the names of its sources.
    static func domain(task: String, subdomain: String?) -> DomainName? {
        let source = task.hasPrefix("paloma_") ? String(task.dropFirst(7)) : task
        return subdomain.map { ReportedName.domain(source: source, $0) } ?? ReportedName.domain(source: nil, source)
    }

    func readTask(_ task: String, _ options: ResultOptions, into table: inout ReportedTable) {
        let place = "\(file.path), task \(task)"
        if content["group_subtasks"]?[task]?.elements?.isEmpty == false {
            return table.skip(at: place, "is a group's mean over its tasks, and no perplexity of a text")
        }
        // Bits per byte are the byte perplexity with more digits.
        let wanted: [ReportedMetric] = [.bitsPerByte, .bytePerplexity, .wordPerplexity]
        guard let (metric, found) = wanted.lazy.compactMap({ metric in self.metric(metric, of: task).map { (metric, $0) } }).first else {
            return table.skip(at: place, "is no perplexity task: it has \(names(of: task)), and nothing of it is recorded")
        }
        guard let domain = LMEvalRun.domain(task: task, subdomain: nil) else {
            return table.skip(at: place, "cannot name a domain: it needs a letter or a digit")
        }
        guard let value = found.value.number else { return table.skip(at: place, field: found.key, "is not a number") }
        switch metric.meanNLL(value) {
        case .failure(let problem): table.skip(at: place, field: found.key, problem.reason)
        case .success(let mean):
            table.add(
                DomainSummary(domain: domain, meanNLL: mean), to: key(options, task: task, unit: metric.unit), from: source, at: place)
        }
    }

    private func names(of task: String) -> String {
        let names = (content["results"]?[task]?.members ?? [:]).keys.map { $0.split(separator: ",").first.map(String.init) ?? $0 }
        let metrics = Set(names).subtracting(["alias", "name", "sample_len"]).filter { !$0.hasSuffix("_stderr") }
        return metrics.isEmpty ? "no metric" : metrics.sorted().joined(separator: ", ")
    }

    // MARK: Samples

    /// Files of one evaluation carry the same time in their names, and lie in one folder.
    func ownsSamples(in samples: ResultFile) -> Bool {
        guard samples.folder == file.folder else { return false }
        let time = String(file.name.dropFirst("results_".count).dropLast(".json".count))
        return file.name.hasPrefix("results_") ? samples.name.hasSuffix("_\(time).jsonl") : !samples.name.hasPrefix("samples_")
    }

    func task(ofSamples file: ResultFile) -> String? {
        LMEvalRun.task(ofSamplesName: file.name)
            ?? tasks.filter { file.name.dropLast(".jsonl".count).hasSuffix($0) }.max { $0.utf8.count < $1.utf8.count }
    }

    /// `samples_<task>_<time>.jsonl`, where the time begins with a year.
    static func task(ofSamplesName name: String) -> String? {
        guard name.hasPrefix("samples_"), let end = name.lastIndex(of: "_") else { return nil }
        let start = name.index(name.startIndex, offsetBy: "samples_".count)
        return start < end ? String(name[start..<end]) : nil
    }
}
