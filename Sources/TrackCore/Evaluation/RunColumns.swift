/// A run's content as the arrays of its rows, by position in the frozen order of its revision's domains; and back.
package struct RunColumns: Equatable, Sendable {
    package struct Documents: Equatable, Sendable {
        /// Documents per domain; the other arrays hold them domain after domain.
        package var scored: [Int32]
        package var nll: [Double]
        package var tokens: [Int32]
        package var bytes: [Int32]
        package var words: [Int32]

        package init(scored: [Int32], nll: [Double], tokens: [Int32], bytes: [Int32], words: [Int32]) {
            self.scored = scored
            self.nll = nll
            self.tokens = tokens
            self.bytes = bytes
            self.words = words
        }
    }

    package struct Failure: Equatable, Sendable {
        package var position: Int
        package var reason: String

        package init(position: Int, reason: String) {
            self.position = position
            self.reason = reason
        }
    }

    package enum Status: Int16 {
        case notEvaluated = 0
        case measured = 1
        case failed = 2
    }

    package var aggregation: Aggregation?
    package var status: [Int16]
    package var nll: [Double]
    package var tokens: [Int64]
    package var bytes: [Int64]
    package var words: [Int64]
    package var histogram: [Int64]
    /// By position like the others; empty where no domain has them.
    package var types: [TypeLosses?]
    package var documents: Documents?
    package var failures: [Failure]

    package init(
        aggregation: Aggregation?, status: [Int16], nll: [Double], tokens: [Int64], bytes: [Int64], words: [Int64], histogram: [Int64],
        types: [TypeLosses?] = [], documents: Documents?, failures: [Failure]
    ) {
        self.aggregation = aggregation
        self.status = status
        self.nll = nll
        self.tokens = tokens
        self.bytes = bytes
        self.words = words
        self.histogram = histogram
        self.types = types
        self.documents = documents
        self.failures = failures
    }
}

extension RunColumns {
    /// The content that these arrays hold.
    package func content(revision: DomainSetRevision) -> EvaluationRun.Content {
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
                let scores = DocumentScores(
                    nll: Array(documents.nll[range]), tokens: documents.tokens[range].map(Int64.init),
                    bytes: documents.bytes[range].map(Int64.init), words: documents.words[range].map(Int64.init),
                    histogram: Array(bars(at: position)), types: types.isEmpty ? nil : types[position])
                measurements.append(DomainMeasurement(domain: domain.name, outcome: .measured(scores)))
            case .notEvaluated, nil: continue
            }
        }
        return .documents(measurements)
    }
}
