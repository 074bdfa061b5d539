import TrackCore

/// A run's content as the arrays of its rows, by position in the frozen order of its revision's domains; and back.
struct RunColumns: Equatable {
    struct Documents: Equatable {
        /// Documents per domain; the other arrays hold them domain after domain.
        var scored: [Int32]
        var nll: [Double]
        var tokens: [Int32]
        var bytes: [Int32]
        var words: [Int32]
    }

    struct Failure: Equatable {
        var position: Int
        var reason: String
    }

    enum Status: Int16 {
        case notEvaluated = 0
        case measured = 1
        case failed = 2
    }

    var aggregation: Aggregation?
    var status: [Int16]
    var nll: [Double]
    var tokens: [Int64]
    var bytes: [Int64]
    var words: [Int64]
    var histogram: [Int64]
    var documents: Documents?
    var failures: [Failure]
}

extension RunColumns {
    /// The run must be without faults against the revision.
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
        if measured.contains(where: { $0?.histogram.isEmpty == false }) {
            let empty = [Int64](repeating: 0, count: TokenHistogram.binCount)
            histogram = measured.flatMap { scores in
                scores.map { $0.histogram.isEmpty ? empty : $0.histogram } ?? empty
            }
        }
    }

    /// The content that these arrays hold.
    func content(revision: DomainSetRevision) -> EvaluationRun.Content {
        if let aggregation {
            return .summary(
                aggregation,
                revision.domains.indices.filter { status[$0] == Status.measured.rawValue }.map { position in
                    DomainSummary(
                        domain: revision.domains[position].name, meanNLL: nll[position],
                        tokens: tokens[position] == 0 ? nil : tokens[position],
                        bytes: bytes[position] == 0 ? nil : bytes[position])
                })
        }
        let reasons = Dictionary(failures.map { ($0.position, $0.reason) }, uniquingKeysWith: { first, _ in first })
        var start = 0
        var measurements: [DomainMeasurement] = []
        for (position, domain) in revision.domains.enumerated() {
            let count = Int(documents?.scored[position] ?? 0)
            defer { start += count }
            switch Status(rawValue: status[position]) {
            case .failed:
                measurements.append(DomainMeasurement(domain: domain.name, outcome: .failed(reason: reasons[position] ?? "unknown")))
            case .measured:
                guard let documents else { continue }
                let range = start..<(start + count)
                let bins = TokenHistogram.binCount
                let counts = histogram.isEmpty ? [] : Array(histogram[(position * bins)..<((position + 1) * bins)])
                let scores = DocumentScores(
                    nll: Array(documents.nll[range]), tokens: documents.tokens[range].map(Int64.init),
                    bytes: documents.bytes[range].map(Int64.init), words: documents.words[range].map(Int64.init),
                    histogram: counts.allSatisfy { $0 == 0 } ? [] : counts)
                measurements.append(DomainMeasurement(domain: domain.name, outcome: .measured(scores)))
            case .notEvaluated, nil: continue
            }
        }
        return .documents(measurements)
    }
}
