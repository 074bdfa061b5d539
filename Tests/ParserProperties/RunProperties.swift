import FoundationEssentials
import TrackClient
import TrackCore

extension ParserProperty {
    /// `POST /v1/runs`.
    static let run = ParserProperty(
        name: "run",
        seeds: { try Sample.records.map { Array(try WireCoding.encode($0)) } },
        holds: { bytes in
            guard let record = try accepted({ try WireCoding.decode(RecordRunRequest.self, from: Data(bytes)) }) else { return false }
            try checkIdentity(of: record)
            let faults = record.run.faults(against: Sample.revision(for: record.run))
            guard faults.isEmpty else { return true }
            try checkThatItCanBeKept(record.run)
            return true
        })

    /// A file of the spool.
    static let spool = ParserProperty(
        name: "spool",
        seeds: { try Sample.spoolRecords.map { SpoolFrame.wrap(Array(try WireCoding.encode($0))) } },
        holds: { bytes in
            let wrapped = SpoolFrame.wrap(bytes)
            try require(try accepted { try SpoolFrame.unwrap(wrapped) } == bytes, "what was wrapped does not come back")
            guard let body = try accepted({ try SpoolFrame.unwrap(bytes) }) else {
                // A body of its own, so that the fuzzer need not find a checksum to get further.
                return try checkSpoolRecord(bytes)
            }
            try require(SpoolFrame.wrap(body) == bytes, "two files hold one record")
            return try checkSpoolRecord(body)
        })

    private static func checkSpoolRecord(_ body: [UInt8]) throws -> Bool {
        guard let record = try accepted({ try WireCoding.decode(SpoolRecord.self, from: Data(body)) }) else { return false }
        let again = try WireCoding.decode(SpoolRecord.self, from: try WireCoding.encode(record))
        try require(again.id == record.id && again.madeAt == record.madeAt, "a record changes its identity in the spool")
        guard case .run(let request) = record.payload, case .run(let second) = again.payload else { return true }
        try require(second.run.digest == request.run.digest, "a run changes in the spool")
        return true
    }

    /// decode ∘ encode is the identity, and the digest does not move with it.
    private static func checkIdentity(of record: RecordRunRequest) throws {
        let encoded = try WireCoding.encode(record)
        guard let again = try accepted({ try WireCoding.decode(RecordRunRequest.self, from: encoded) }) else {
            throw Broken(description: "what was read and written is not read again: \(String(decoding: encoded, as: UTF8.self))")
        }
        try require(again.attempt == record.attempt, "the attempt changed")
        try require(again.run.digest == record.run.digest, "the digest changed with one writing")
        try require(try WireCoding.encode(again) == encoded, "two writings differ")
    }

    /// A run without faults can be stored and shown: nothing that is computed of it later may end the daemon.
    private static func checkThatItCanBeKept(_ run: EvaluationRun) throws {
        try require(!run.evaluator.utf8.contains(0), "an evaluator with NUL has no fault")
        for text in run.environment.flatMap({ [$0.key, $0.value] }) {
            try require(!text.utf8.contains(0), "an environment with NUL has no fault")
        }
        // 4713 BC to 294276 AD is what PostgreSQL keeps; years of four digits are what people write.
        try require((-62_167_219_200_000...253_402_300_799_999).contains(run.evaluatedAt.milliseconds), "\(run.evaluatedAt) has no fault")
        guard case .documents(let domains) = run.content else { return }
        for case .measured(let scores) in domains.map(\.outcome) {
            let (tokens, overflow) = scores.histogram.reduce((Int64(0), false)) {
                let (sum, more) = $0.0.addingReportingOverflow($1)
                return (sum, $0.1 || more)
            }
            try require(!overflow, "a histogram that no number holds has no fault")
            try require(scores.histogram.isEmpty || tokens == scores.totalTokens, "a histogram that does not add up has no fault")
            _ = TokenHistogram.highPerplexityShare(scores.histogram)
            try require(!scores.totalNLL.isNaN && scores.totalNLL >= 0, "the total of a sound domain is \(scores.totalNLL)")
        }
    }
}
