import TrackCore

/// Files of OLMo-Eval: predictions with the sums of every document, metrics with a perplexity per subdomain, and wide tables with a column
/// per domain. Its numbers are per token. Predictions are exact, and where they are there, the metrics of the same task are not read.
enum OLMoEvalResults {
    static func read(_ files: [ResultFile], _ options: ResultOptions, into table: inout ReportedTable) async throws {
        var exact: Set<OLMoEvalTask.Identity> = []
        var others: [(OLMoEvalTask, String)] = []
        for file in files {
            if let wide = OLMoEvalTable(file) {
                try await wide.read(options, into: &table)
                continue
            }
            try await eachEntry(of: file) { place, result in
                guard case .success(let tree) = result else {
                    if case .failure(let fault) = result { table.skip(at: place, field: fault.field, fault.reason) }
                    return
                }
                guard let task = OLMoEvalTask(tree, file: file) else {
                    return table.skip(at: place, field: "task", "is missing: it is neither a line of predictions nor of metrics")
                }
                if task.predictions != nil {
                    task.readPredictions(options, at: place, into: &table)
                    exact.insert(task.identity(options))
                } else {
                    others.append((task, place))
                }
            }
        }
        for (task, place) in others {
            if exact.contains(task.identity(options)) {
                table.note("The metrics of \(task.name) are not read: its predictions are exact.")
            } else {
                task.readMetrics(options, at: place, into: &table)
            }
        }
    }

    /// The tasks of a file: `{"metrics": […]}`, or one a line.
    private static func eachEntry(of file: ResultFile, _ visit: (String, Result<JSONTree, Fault>) throws -> Void) async throws {
        guard file.name.hasSuffix(".json") else { return try await file.eachTree { try visit($0.description, $1) } }
        guard let elements = try await file.tree()["metrics"]?.elements else {
            throw ResultFileError.form(file: file.path, reason: "is no metrics file of OLMo-Eval: it has no list \"metrics\"")
        }
        for (index, element) in elements.enumerated() { try visit("\(file.path), metrics \(index + 1)", .success(element)) }
    }
}

/// What OLMo-Eval says of one model on one task.
struct OLMoEvalTask {
    struct Identity: Hashable {
        let checkpoint: ReportedCheckpoint
        let task: String
    }

    let name: String
    private let tree: JSONTree
    private let file: ResultFile

    init?(_ tree: JSONTree, file: ResultFile) {
        guard let name = tree["task"]?.text else { return nil }
        self.name = name
        self.tree = tree
        self.file = file
    }

    var predictions: [JSONTree]? { tree["instance_predictions"]?.elements }

    func identity(_ options: ResultOptions) -> Identity { Identity(checkpoint: setting.checkpoint(options), task: name) }

    private var setting: OLMoEvalSetting { OLMoEvalSetting(tree, options: tree["task_options"]) }

    private func source(_ setting: OLMoEvalSetting) -> ReportedTable.Source { setting.source(file) }

    // MARK: Predictions

    private struct Sum {
        var nll: [Double] = []
        var tokens: Int64 = 0
        var bytes: Int64 = 0
    }

    func readPredictions(_ options: ResultOptions, at place: String, into table: inout ReportedTable) {
        let found = predictions ?? []
        var sums: [DomainName: Sum] = [:]
        var order: [DomainName] = []
        for (index, prediction) in found.enumerated() {
            let place = "\(place), prediction \(index + 1)"
            let output = prediction["prediction"]?["model_output"]
            guard let likelihood = output?["sum_logits"]?.number, let tokens = output?["num_tokens"]?.whole else {
                table.skip(at: place, field: "sum_logits", "has no sum_logits and num_tokens: it is no perplexity of a text")
                continue
            }
            guard likelihood <= 0, tokens > 0 else {
                table.skip(at: place, field: "sum_logits", "is not a log-likelihood of at most 0 over at least one token")
                continue
            }
            guard let domain = OLMoEvalSetting.domain(task: name, subdomain: prediction["instance"]?["subdomain"]?.text) else {
                table.skip(at: place, field: "subdomain", "cannot name a domain: it needs a letter or a digit")
                continue
            }
            if sums[domain] == nil { order.append(domain) }
            sums[domain, default: Sum()].nll.append(-likelihood)
            sums[domain, default: Sum()].tokens += tokens
            sums[domain, default: Sum()].bytes += output?["num_bytes"]?.whole ?? 0
        }
        if let stated = tree["num_instances"]?.whole, stated != Int64(found.count) {
            table.skip(
                at: place, field: "num_instances", "says \(stated), and there are \(found.count) predictions: the numbers are of these")
        }
        for domain in order {
            guard let sum = sums[domain] else { continue }
            table.add(
                DomainSummary(
                    domain: domain, meanNLL: CompensatedTotal.of(sum.nll) / Double(sum.tokens), tokens: sum.tokens,
                    bytes: sum.bytes > 0 ? sum.bytes : nil),
                to: setting.key(options), from: source(setting), at: place)
        }
    }

    // MARK: Metrics

    func readMetrics(_ options: ResultOptions, at place: String, into table: inout ReportedTable) {
        let metrics = tree["metrics"]
        let place = "\(place), task \(name)"
        if let domains = metrics?["ppl_token_\(name)_subdomains"]?.members {
            for (subdomain, value) in domains.sorted(by: { $0.key < $1.key }) {
                setting.add(value, task: name, subdomain: subdomain, options, source(setting), at: place, field: subdomain, into: &table)
            }
        } else if let value = metrics?["ppl_metrics"]?["ppl_token"] ?? metrics?["ppl_token"] {
            setting.add(value, task: name, subdomain: nil, options, source(setting), at: place, field: "ppl_token", into: &table)
        } else {
            let names = (metrics?.members ?? [:]).keys.sorted().joined(separator: ", ")
            table.skip(at: place, "is no perplexity task\(names.isEmpty ? "" : ": it has \(names)"), and nothing of it is recorded")
        }
    }
}
