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

    /// The same as the door reads it: it takes nothing that the library refuses, finds a fault where the rules find one, and gives the
    /// same run the same digest.
    static let incoming = ParserProperty(
        name: "incoming",
        seeds: run.seeds,
        holds: { bytes in
            guard let incoming = try accepted({ try bytes.withUnsafeBytes { try IncomingRun(json: $0) } }) else { return false }
            guard let record = try accepted({ try WireCoding.decode(RecordRunRequest.self, from: Data(bytes)) }) else {
                // The door leaves names to the revision, which has only valid ones.
                let order = FrozenOrder(Sample.revision(kind: .documents, digest: incoming.heading.revision))
                try require(incoming.placed(on: order) == nil, "the door takes what the library refuses")
                return false
            }
            try require(incoming.attempt == record.attempt, "two readers see two attempts")
            let revision = Sample.revision(for: record.run)
            let faults = record.run.faults(against: revision)
            let order = FrozenOrder(revision)
            let placed = incoming.placed(on: order)
            try require((placed == nil) == !faults.isEmpty, "the door and the rules differ: \(placed == nil), \(faults)")
            guard let placed else { return true }
            try require(placed.digest(incoming.heading, order: order) == record.run.digest, "two readers make two digests")
            return true
        })

    /// A file of the spool.
    static let spool = ParserProperty(
        name: "spool",
        seeds: { try Sample.spoolRecords.map { try $0.frame } },
        holds: { bytes in
            try ScratchFolder.with { folder in
                var isAccepted = false
                // As a file and as the body of one, so that the fuzzer need not find a checksum to get further.
                for file in [bytes, SpoolFrame.wrap(bytes)] {
                    guard let entry = try Self.entry(file, in: folder) else { continue }
                    try require(
                        entry.payload.lowerBound >= 0 && entry.payload.upperBound <= file.count, "a payload lies outside of its file")
                    guard case .run(let request)? = try accepted({ try entry.request() }) else { continue }
                    isAccepted = true
                    let again = try Self.entry(try SpoolRecord(request, at: entry.envelope.madeAt).frame, in: folder)
                    guard case .run(let second)? = try again.map({ try $0.request() }) else {
                        throw Broken(description: "a run that was read and written is not read again")
                    }
                    try require(again?.envelope.madeAt == entry.envelope.madeAt, "a record changes its time in the spool")
                    try require(second.run.digest == request.run.digest, "a run changes in the spool")
                }
                return isAccepted
            }
        })

    private static func entry(_ file: [UInt8], in folder: ScratchFolder) throws -> SpoolEntry? {
        try folder.write(file, "record")
        return try accepted { try SpoolEntry.read(folder.path + "/record") } ?? nil
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
        // PostgreSQL keeps 4713 BC to 294276 AD; a text has the years 0000 to 9999, the first of them by the Julian calendar.
        try require((-62_167_392_000_000...253_402_300_799_999).contains(run.evaluatedAt.milliseconds), "\(run.evaluatedAt) has no fault")
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
