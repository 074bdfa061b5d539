package import TrackCore

/// A row or a value of a file of results that was not taken, and why.
package struct SkippedResult: Hashable, Sendable {
    /// `file`, `file:line` or a place inside the file.
    package let place: String
    /// The column or the member, where one is to blame.
    package let field: String?
    package let reason: String

    package var description: String { place + (field.map { $0.isEmpty ? "" : ", \($0)" } ?? "") + ": " + reason }
}

/// One checkpoint's numbers under one stated protocol: what becomes a summary run.
package struct ReportedRun: Hashable, Sendable {
    package struct Key: Hashable, Sendable {
        package var checkpoint: ReportedCheckpoint
        package var scoring: StatedProtocol
        package var aggregation: Aggregation
    }

    package let key: Key
    /// Whether the source calls it the one that the others are held against.
    package internal(set) var isBaseline = false
    /// In the order of the source.
    package fileprivate(set) var domains: [DomainSummary] = []
    /// Name and version of what computed the numbers, as far as the source says.
    package internal(set) var evaluator: String
    package internal(set) var environment: [String: String]
    package internal(set) var evaluatedAt: Timestamp
    fileprivate var places: [DomainName: (place: String, mean: Double)] = [:]

    package static func == (a: ReportedRun, b: ReportedRun) -> Bool { a.key == b.key && a.domains == b.domains }
    package func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

/// Everything that files of results say: the numbers by run, and what was not taken.
package struct ReportedTable: Sendable {
    /// In the order of the source.
    package private(set) var runs: [ReportedRun] = []
    /// What was not taken, the first ``namedSkips``: a file of another form would name every line of it.
    package private(set) var skipped: [SkippedResult] = []
    /// All that was not taken.
    package private(set) var skippedCount = 0
    /// What a person should know beside them, a sentence each.
    package private(set) var notes: [String] = []
    private var indices: [ReportedRun.Key: Int] = [:]

    package static let namedSkips = 1000

    init() {}

    /// Where a run's numbers come from.
    struct Source {
        var evaluator: String
        var environment: [String: String]
        var evaluatedAt: Timestamp
        var isBaseline = false
    }

    /// Takes a number. The first one of a domain counts: a second one is named, whether it says the same or not.
    mutating func add(_ summary: DomainSummary, to key: ReportedRun.Key, from source: Source, at place: String) {
        let index = indices[key] ?? runs.count
        if index == runs.count {
            runs.append(
                ReportedRun(key: key, evaluator: source.evaluator, environment: source.environment, evaluatedAt: source.evaluatedAt))
            indices[key] = index
        }
        if let (first, mean) = runs[index].places[summary.domain] {
            let reason =
                mean == summary.meanNLL
                ? "\(summary.domain) of \(key.checkpoint.label) is there already, with the same value, from \(first)"
                : "\(summary.domain) of \(key.checkpoint.label) has another value at \(first), which counts"
            return skip(at: place, reason)
        }
        runs[index].places[summary.domain] = (place, summary.meanNLL)
        runs[index].domains.append(summary)
        runs[index].isBaseline = runs[index].isBaseline || source.isBaseline
        runs[index].evaluatedAt = max(runs[index].evaluatedAt, source.evaluatedAt)
        runs[index].environment.merge(source.environment) { own, _ in own }
    }

    mutating func skip(at place: String, field: String? = nil, _ reason: String) {
        skippedCount += 1
        guard skipped.count < ReportedTable.namedSkips else { return }
        skipped.append(SkippedResult(place: place, field: field, reason: reason))
    }

    mutating func note(_ text: String) {
        if !notes.contains(text) { notes.append(text) }
    }
}
