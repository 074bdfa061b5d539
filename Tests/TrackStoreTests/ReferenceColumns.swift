import TrackCore

extension RunColumns {
    /// The columns by the plain way over values and a dictionary: the reference for the reader's. The run must be without faults.
    init(_ run: EvaluationRun, revision: DomainSetRevision) {
        let count = revision.domains.count
        self.init(
            aggregation: nil, status: [Int16](repeating: Status.notEvaluated.rawValue, count: count),
            nll: [Double](repeating: 0, count: count),
            tokens: [Int64](repeating: 0, count: count), bytes: [Int64](repeating: 0, count: count),
            words: [Int64](repeating: 0, count: count),
            histogram: [], documents: nil, failures: [])
        let positions = Dictionary(uniqueKeysWithValues: revision.domains.enumerated().map { ($1.name, $0) })
        switch run.content {
        case .summary(let aggregation, let domains):
            self.aggregation = aggregation
            for domain in domains {
                guard let position = positions[domain.domain] else { continue }
                status[position] = Status.measured.rawValue
                nll[position] = domain.meanNLL
                tokens[position] = domain.tokens ?? 0
                bytes[position] = domain.bytes ?? 0
            }
        case .documents(let domains): fill(domains, positions: positions)
        }
    }

    private mutating func fill(_ domains: [DomainMeasurement], positions: [DomainName: Int]) {
        var measured = [DocumentScores?](repeating: nil, count: status.count)
        for domain in domains {
            guard let position = positions[domain.domain] else { continue }
            switch domain.outcome {
            case .failed(let reason):
                status[position] = Status.failed.rawValue
                failures.append(Failure(position: position, reason: reason))
            case .measured(let scores):
                status[position] = Status.measured.rawValue
                nll[position] = scores.totalNLL
                tokens[position] = scores.totalTokens
                bytes[position] = scores.totalBytes
                words[position] = scores.totalWords
                measured[position] = scores
            }
        }
        failures.sort { $0.position < $1.position }
        var documents = Documents(scored: [], nll: [], tokens: [], bytes: [], words: [])
        for scores in measured {
            documents.scored.append(Int32(scores?.count ?? 0))
            guard let scores else { continue }
            documents.nll += scores.nll
            documents.tokens += scores.tokens.map(Int32.init)
            documents.bytes += scores.bytes.map(Int32.init)
            documents.words += scores.words.map(Int32.init)
        }
        self.documents = documents
        if measured.contains(where: { $0?.types != nil }) { types = measured.map { $0?.types } }
        if measured.contains(where: { $0?.histogram.isEmpty == false }) {
            let empty = [Int64](repeating: 0, count: TokenHistogram.binCount)
            histogram = measured.flatMap { scores in
                scores.map { $0.histogram.isEmpty ? empty : $0.histogram } ?? empty
            }
        }
    }
}
