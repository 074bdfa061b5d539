import FoundationEssentials
import TrackClient
import TrackCore

/// A lineage as a user makes it through the API: three domains of 40 documents, a baseline, and runs whose numbers are chosen.
struct Evaluations: Sendable {
    static let domains = ["legal/licences", "code/python", "news/agency"].compactMap { DomainName($0) }
    private static let count = 40

    let lineage: String
    let revision: DomainSetRevision

    /// - Parameter name: of the lineage and of its domain set.
    init(_ name: String, client: DaemonClient) async throws {
        lineage = name
        revision = try await client.addRevision(of: name, Self.head(seed: 1), documents: Self.documents(name)).revision
    }

    static func head(seed: Int64) -> DomainSetUpload { DomainSetUpload(kind: .documents, split: "test", seed: seed, domains: domains) }

    static func documents(_ name: String) -> [DocumentLine] {
        domains.indices.flatMap { domain in
            (0..<count).map { DocumentLine(domain: domain, text: "document \($0) of \(domain) in \(name)") }
        }
    }

    func description(_ step: Int64) -> CheckpointDescription {
        CheckpointDescription(
            name: "checkpoint-\(step)", uri: "file:///models/\(lineage)/\(step)", digest: Digest(ofText: "\(lineage) \(step)"), step: step,
            tokenizer: Digest(ofText: "tokenizer"))
    }

    @discardableResult
    func add(_ step: Int64, client: DaemonClient) async throws -> AddCheckpointResponse {
        try await client.addCheckpoint(
            AddCheckpointRequest(
                lineage: lineage, checkpoint: description(step), inDomain: ["legal/*"], domainSet: lineage, evaluate: false))
    }

    /// Of the first two domains; what changes in them, half of it is the blank's.
    private func types(_ domain: Int, of total: Double) -> TypeLosses? {
        guard domain < 2 else { return nil }
        return TypeLosses(
            id: [7, 300, 9], text: [" ", "</td><script>\u{202e}", "<0xE2>"], count: [300, 200, 100], nll: [total / 2, total / 4, total / 8],
            rest: .init(count: 200, nll: total / 8))
    }

    /// The same measurements on the next revision, whose domains stand by name and whose last has more documents: it is left failed.
    func onRefreshed(_ run: EvaluationRun) -> EvaluationRun {
        guard case .documents(let measurements) = run.content else { return run }
        var run = run
        run.content = .documents(
            measurements.sorted { $0.domain < $1.domain }.map {
                $0.domain == Self.domains[2] ? DomainMeasurement(domain: $0.domain, outcome: .failed(reason: "left out")) : $0
            })
        return run
    }

    /// A run of the checkpoint of a step; `factors` scale the NLL of the three domains, with a little noise of its own.
    func run(_ step: Int64, factors: [Double] = [1, 1, 1], at time: Timestamp = Timestamp(milliseconds: 1_795_000_000_000))
        -> EvaluationRun
    {
        let measurements = zip(Self.domains.indices, factors).map { index, factor in
            let nll = (0..<Self.count).map { document in
                let base = 40 + 3 * Double((document * 7 + index) % 11)
                let noise = 1 + 0.001 * Double((document * 31 + Int(step) * 17 + index * 5) % 7 - 3)
                return base * factor * noise
            }
            let scores = DocumentScores(
                nll: nll, tokens: Array(repeating: 20, count: Self.count), bytes: Array(repeating: 30, count: Self.count),
                words: Array(repeating: 6, count: Self.count), histogram: [], types: types(index, of: nll.reduce(0, +)))
            return DomainMeasurement(domain: Self.domains[index], outcome: .measured(scores))
        }
        return EvaluationRun(
            id: RunID.make(at: time), checkpoint: CheckpointKey(lineage: lineage, digest: description(step).digest),
            revision: revision.digest,
            scoring: ScoringProtocol(), evaluator: "test 1", environment: ["host": "test"], reason: .manual, evaluatedAt: time,
            content: .documents(measurements))
    }
}

extension DaemonClient {
    func record(_ run: EvaluationRun) async throws -> RecordVerdict {
        try await recordRun(RecordRunRequest(run: run, attempt: nil)).verdict
    }
}
