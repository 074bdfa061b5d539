import Postgres
import TrackCore
import TrackReview
import TrackStore

/// What `track domains show` says of a revision: its domains' size and power, from what was evaluated on it.
struct PowerLoader: Sendable {
    let database: Database
    let rules: ReviewRules

    /// - Parameter number: the newest revision when nil.
    /// - Throws: ``Problem`` when there is no such revision.
    func power(of set: String, number: Int?) async throws -> RevisionPower {
        let (evidence, changes) = try await database.read("domains.power", timeout: .seconds(60)) { db in
            let found = try Self.revision(number, of: set, in: db)
            return (try Self.evidence(found, in: db), try EvidenceLoader.levelChanges(onRevision: found.id, in: db))
        }
        var power = RevisionPower.make(evidence, rules: rules)
        power.levelChanges = changes.isEmpty ? nil : changes
        return power
    }

    private static func revision(_ number: Int?, of set: String, in db: Session) throws -> (id: Int64, revision: DomainSetRevision) {
        guard let number else { return try DomainSetStore.latest(of: set, in: db) }
        guard let found = try DomainSetStore.revision(number, of: set, in: db) else {
            throw Problem(.notFound, "There is no revision \(set)@\(number). `track domains show \(set)` shows those there are.")
        }
        return found
    }

    private static func evidence(
        _ found: (id: Int64, revision: DomainSetRevision), in db: Session
    ) throws -> RevisionPower.Evidence {
        let bytes = try DomainSetStore.documentBytes(revision: found.id, domains: found.revision.domains.count, in: db)
        let pair = try RunStore.newestPair(onRevision: found.id, in: db)
        let runs = try EvidenceLoader.runs([pair?.run, pair?.partner].compactMap { $0 }, in: db)
        let run = runs.first
        return RevisionPower.Evidence(
            revision: found.revision, bytes: bytes, run: run, partner: runs.dropFirst().first,
            lineage: try run.flatMap { try LineageStore.lineage(named: $0.checkpoint.lineage, in: db) })
    }
}
