import TrackCore

/// The samples of one task: a log-likelihood and a weight per document, summed per subdomain.
struct LMEvalSamples {
    let file: ResultFile
    let task: String
    let run: LMEvalRun
    let options: ResultOptions

    private static let metrics: [ReportedMetric] = [.bytePerplexity, .bitsPerByte, .wordPerplexity]

    private struct Sum {
        var nll: [Double] = []
        var weight: Int64 = 0
        var place: String
    }

    func read(into table: inout ReportedTable) {
        var sums: [DomainName: Sum] = [:]
        var order: [DomainName] = []
        var metric: ReportedMetric?
        var places: [Int64: String] = [:]
        for (place, result) in file.trees() {
            guard case .success(let sample) = result else {
                if case .failure(let fault) = result { table.skip(at: place, field: fault.field, fault.reason) }
                continue
            }
            if let id = sample["doc_id"]?.whole {
                if let first = places[id] {
                    table.skip(at: place, field: "doc_id", "\(id) is there already, at \(first); it counts once")
                    continue
                }
                places[id] = place
            }
            guard let found = metric ?? LMEvalSamples.metrics.first(where: { sample[$0.rawValue] != nil }) else {
                return table.skip(at: place, "\(task) is no perplexity task, and nothing of it is recorded")
            }
            metric = found
            guard let pair = sample[found.rawValue]?.elements, pair.count == 2, let likelihood = pair[0].number, let weight = pair[1].whole,
                weight > 0, !likelihood.isNaN, likelihood <= 0
            else {
                table.skip(at: place, field: found.rawValue, "is not a log-likelihood of at most 0 and a positive weight")
                continue
            }
            guard let domain = LMEvalRun.domain(task: task, subdomain: sample["doc"]?["subdomain"]?.text) else {
                table.skip(at: place, field: "doc/subdomain", "cannot name a domain: it needs a letter or a digit")
                continue
            }
            if sums[domain] == nil { order.append(domain) }
            sums[domain, default: Sum(place: place)].nll.append(-likelihood)
            sums[domain, default: Sum(place: place)].weight += weight
        }
        guard let metric else { return }
        let unit = metric.unit
        for domain in order {
            guard let sum = sums[domain] else { continue }
            let mean = CompensatedTotal.of(sum.nll) / Double(sum.weight)
            table.add(
                DomainSummary(domain: domain, meanNLL: mean, bytes: unit == .byte ? sum.weight : nil),
                to: run.key(options, task: task, unit: unit), from: run.source, at: sum.place)
        }
        check(sums, metric, documents: Int64(sums.values.reduce(0) { $0 + $1.nll.count }), into: &table)
    }

    /// What the results say of the same task should be what the samples add up to. The samples count, and the difference is named.
    private func check(_ sums: [DomainName: Sum], _ metric: ReportedMetric, documents: Int64, into table: inout ReportedTable) {
        if let stated = run.documents(of: task), stated != documents {
            table.skip(
                at: file.path, field: "n-samples",
                "the results count \(stated) documents of \(task), and \(documents) samples could be taken: the numbers are of these")
        }
        let wanted: ReportedMetric = metric.unit == .byte ? .bitsPerByte : metric
        guard let (key, value) = run.metric(wanted, of: task), let stated = value.number,
            case .success(let mean) = wanted.meanNLL(stated), mean.isFinite
        else { return }
        let weight = sums.values.reduce(0) { $0 + $1.weight }
        let own = CompensatedTotal.of(sums.values.map { CompensatedTotal.of($0.nll) }) / Double(weight)
        // The harness sums in its own order, so that the last digits differ.
        guard own.isFinite, abs(own - mean) > 1e-6 * max(own, mean) else { return }
        table.skip(at: run.file.path, field: key, "is not what the samples of \(task) add up to: the samples count")
    }
}
