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
        var place: ResultPlace
    }

    private struct Sums {
        var byDomain: [DomainName: Sum] = [:]
        var order: [DomainName] = []
        var metric: ReportedMetric?
        var places: [Int64: ResultPlace] = [:]
    }

    private struct NoPerplexityTask: Error {}

    func read(into table: inout ReportedTable) async throws {
        var sums = Sums()
        do {
            try await file.eachTree { place, result in
                switch result {
                case .success(let sample): try take(sample, at: place, &sums, &table)
                case .failure(let fault): table.skip(at: place.description, field: fault.field, fault.reason)
                }
            }
        } catch is NoPerplexityTask {
            return
        }
        guard let metric = sums.metric else { return }
        let unit = metric.unit
        for domain in sums.order {
            guard let sum = sums.byDomain[domain] else { continue }
            let mean = CompensatedTotal.of(sum.nll) / Double(sum.weight)
            table.add(
                DomainSummary(domain: domain, meanNLL: mean, bytes: unit == .byte ? sum.weight : nil),
                to: run.key(options, task: task, unit: unit), from: run.source, at: sum.place.description)
        }
        check(sums.byDomain, metric, documents: Int64(sums.byDomain.values.reduce(0) { $0 + $1.nll.count }), into: &table)
    }

    private func take(_ sample: JSONTree, at place: ResultPlace, _ sums: inout Sums, _ table: inout ReportedTable) throws(NoPerplexityTask) {
        func skip(_ field: String, _ reason: String) { table.skip(at: place.description, field: field, reason) }
        if let id = sample["doc_id"]?.whole {
            if let first = sums.places[id] { return skip("doc_id", "\(id) is there already, at \(first); it counts once") }
            sums.places[id] = place
        }
        guard let metric = sums.metric ?? LMEvalSamples.metrics.first(where: { sample[$0.rawValue] != nil }) else {
            table.skip(at: place.description, "\(task) is no perplexity task, and nothing of it is recorded")
            throw NoPerplexityTask()
        }
        sums.metric = metric
        guard let pair = sample[metric.rawValue]?.elements, pair.count == 2, let likelihood = pair[0].number, let weight = pair[1].whole,
            weight > 0, !likelihood.isNaN, likelihood <= 0
        else {
            return skip(metric.rawValue, "is not a log-likelihood of at most 0 and a positive weight")
        }
        guard let domain = LMEvalRun.domain(task: task, subdomain: sample["doc"]?["subdomain"]?.text) else {
            return skip("doc/subdomain", "cannot name a domain: it needs a letter or a digit")
        }
        if sums.byDomain[domain] == nil { sums.order.append(domain) }
        sums.byDomain[domain, default: Sum(place: place)].nll.append(-likelihood)
        sums.byDomain[domain, default: Sum(place: place)].weight += weight
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
