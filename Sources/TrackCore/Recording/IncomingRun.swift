package import FoundationEssentials

/// A run as it comes in: its domains as columns in the order of the text, before anybody has asked which revision it names.
package struct IncomingRun: Sendable {
    package let heading: RunHeading
    /// The claim that it answers; nil for a run that nobody queued.
    package let attempt: AttemptReference?
    let names: NameList
    let columns: RunColumns
    /// Whether it keeps the rules that need no revision. What is wrong with a run that does not, ``faults(of:against:)`` finds out.
    let isSound: Bool

    /// The run's values at their places in the frozen order; nil when the run cannot be recorded under that revision.
    package func placed(on order: FrozenOrder) -> RunColumns? {
        guard isSound, heading.isSound, heading.revision == order.revision.digest, names.count > 0,
            columns.aggregation != nil || order.revision.kind == .documents && heading.scoring.scoring != nil,
            let positions = order.positions(of: names)
        else { return nil }
        if let scored = columns.documents?.scored {
            for (index, position) in positions.enumerated() where scored[index] > order.revision.domains[position].documents { return nil }
        }
        if positions.count == order.count, positions.indices.allSatisfy({ positions[$0] == $0 }) { return columns }
        return columns.moved(to: positions, count: order.count)
    }

    /// Everything that is wrong with a run that ``placed(on:)`` refused, from its text, which is valid.
    ///
    /// It reads the text a second time, into values that can hold what is wrong. A sound run, which is every run but one, pays nothing for
    /// it.
    package static func faults(of text: Data, against revision: DomainSetRevision) throws -> [Fault] {
        try WireCoding.decode(RecordRunRequest.self, from: text).run.faults(against: revision)
    }
}

extension RunHeading {
    /// The rules of ``EvaluationRun/faults(against:limit:)`` for everything but the domains.
    fileprivate var isSound: Bool {
        (1...200).contains(evaluator.utf8.count) && scoring.faults.isEmpty && effort == effort?.sound
    }
}

extension RunColumns {
    /// The same values, that of index i at `positions[i]` of arrays with `count` places; the other places were not evaluated.
    func moved(to positions: [Int], count: Int) -> RunColumns {
        func spread<Value>(_ values: [Value], _ empty: Value) -> [Value] {
            var result = [Value](repeating: empty, count: count)
            for (index, position) in positions.enumerated() { result[position] = values[index] }
            return result
        }
        let bins = TokenHistogram.binCount
        var bars = [Int64](repeating: 0, count: histogram.isEmpty ? 0 : count * bins)
        if !histogram.isEmpty {
            for (index, position) in positions.enumerated() {
                bars.replaceSubrange(position * bins..<(position + 1) * bins, with: histogram[index * bins..<(index + 1) * bins])
            }
        }
        return RunColumns(
            aggregation: aggregation, status: spread(status, Status.notEvaluated.rawValue), nll: spread(nll, 0), tokens: spread(tokens, 0),
            bytes: spread(bytes, 0), words: spread(words, 0), histogram: bars, types: types.isEmpty ? [] : spread(types, nil),
            documents: documents?.moved(to: positions, count: count),
            failures: failures.map { Failure(position: positions[$0.position], reason: $0.reason) }.sorted { $0.position < $1.position })
    }
}

extension RunColumns.Documents {
    fileprivate func moved(to positions: [Int], count: Int) -> RunColumns.Documents {
        var indices = [Int?](repeating: nil, count: count)
        for (index, position) in positions.enumerated() { indices[position] = index }
        let starts = starts
        var moved = RunColumns.Documents(scored: [], nll: [], tokens: [], bytes: [], words: [])
        for index in indices {
            moved.scored.append(index.map { scored[$0] } ?? 0)
            guard let index else { continue }
            let range = starts[index]..<starts[index + 1]
            moved.nll += nll[range]
            moved.tokens += tokens[range]
            moved.bytes += bytes[range]
            moved.words += words[range]
        }
        return moved
    }

    /// Where each domain's documents begin, and at last where they end.
    var starts: [Int] { scored.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int($1)) } }
}
