import FoundationEssentials
import Postgres
import Testing
import TrackCore
import TrackStore
import TrackTestSupport

/// A database with one lineage of three checkpoints and a set of five domains with six documents each.
struct House: Sendable {
    let database: Database
    let lineage: Int64
    let checkpoints: [Checkpoint]
    let revision: DomainSetRevision

    static func open(_ body: (House) async throws -> Void) async throws {
        try await withTestDatabase { database in
            let house = try await database.write("test.house") { db in
                let made = try TestRecord.lineage("legal-tune", checkpoints: 3, in: db)
                let revision = try freeze("held-out", RandomRun.domains.reversed(), in: db).revision
                return House(
                    database: database, lineage: made.lineage, checkpoints: try CheckpointStore.checkpoints(of: made.lineage, in: db),
                    revision: revision)
            }
            try await body(house)
        }
    }

    /// Six documents per domain, as texts that name their place.
    static func texts(_ domain: DomainName) -> [String] { (0..<6).map { "document \($0) of \(domain)" } }

    static func freeze(
        _ set: String, _ domains: [DomainName], texts: (DomainName) -> [String] = texts, seed: Int64 = 1, in db: Session
    ) throws -> (revision: DomainSetRevision, created: Bool) {
        try DomainSetStore.addTexts(domains.flatMap(texts).map { (Digest(ofText: $0), .text($0)) }, in: db)
        return try DomainSetStore.freeze(
            set: set, kind: .documents, split: "test", seed: seed,
            domains: domains.map { domain in
                let own = texts(domain)
                return DomainSetStore.DomainContent(
                    domain: DomainOfRevision(
                        name: domain, documents: own.count, bytes: Int64(own.map(\.utf8.count).reduce(0, +)),
                        words: Int64(own.map(WordCount.of).reduce(0, +))),
                    documents: own.map(Digest.init(ofText:)))
            }, in: db)
    }

    func run(_ seed: UInt64, checkpoint index: Int = 0) -> EvaluationRun {
        var random = SeededRandom(seed)
        return RandomRun.make(checkpoint: checkpoints[index].key, revision: revision, using: &random)
    }

    func write<Value: Sendable>(_ body: @Sendable (Session) throws -> Value) async throws -> Value {
        try await database.write("test", timeout: .seconds(60), body)
    }

    @discardableResult
    func record(_ run: EvaluationRun) async throws -> RecordVerdict {
        try await write { db in try RunStore.insert(try House.place(run, in: db), in: db) }
    }

    /// As it would come in: written in the wire form and read from it.
    static func place(_ run: EvaluationRun, facts: RunFacts = RunFacts(), in db: Session) throws -> PlacedRun {
        let text = try WireCoding.encode(RecordRunRequest(run: run, attempt: nil))
        let incoming = try text.withUnsafeBytes { try IncomingRun(json: $0) }
        return try PlacedRun(incoming, text: text, on: try facts.target(of: incoming.heading, in: db))
    }

    /// What stops a record.
    func refusal(of run: EvaluationRun) async throws -> Problem? {
        do {
            try await record(run)
            return nil
        } catch let problem as Problem {
            return problem
        }
    }

    func count(_ table: String) async throws -> Int {
        try await write { db in try db.one(SQL(unchecked: "SELECT count(*) FROM \(table)"), as: Int.self) }
    }
}
