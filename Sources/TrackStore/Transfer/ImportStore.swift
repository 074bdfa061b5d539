import FoundationEssentials
package import Postgres
package import TrackCore

/// Writes what an export holds with its own times. The same again changes nothing; what contradicts the database is refused.
package enum ImportStore {
    /// A lineage that is here already keeps its settings.
    ///
    /// - Returns: whether it was made.
    package static func lineage(_ line: LineageLine, in db: Session) throws -> Bool {
        try db.execute(
            """
            INSERT INTO lineage (name, in_domain, domain_set, evaluator, created_at, training_order)
            VALUES (\(line.name), \(line.inDomain), \(line.domainSet), \(line.evaluator), \(line.createdAt),
                    \(line.trainingOrder?.rawValue))
            ON CONFLICT (name) DO NOTHING
            """) == 1
    }

    /// Gives a lineage its baseline, unless it has one, and a place in the reviewer's list.
    package static func settle(_ line: LineageLine, in db: Session) throws {
        guard let lineage = try LineageStore.lineage(named: line.name, in: db) else {
            throw Problem(.notFound, "The lineage \(line.name) is not here: import the lineages first.")
        }
        if let digest = line.baseline, lineage.baseline == nil {
            guard let baseline = try CheckpointStore.checkpoint(CheckpointKey(lineage: line.name, digest: digest), in: db) else {
                throw Problem(
                    .notFound, "The baseline \(digest.short)… of the lineage \(line.name) is not here: import the checkpoints first.")
            }
            try LineageStore.setBaseline(baseline.id, of: lineage.id, in: db)
        }
        try ReviewQueue.enqueue(lineage: lineage.id, in: db)
    }

    /// - Returns: whether it was made.
    /// - Throws: ``Problem`` when the lineage or the parent is not here, or when the checkpoint is here with another parent.
    package static func checkpoint(_ line: CheckpointLine, in db: Session) throws -> Bool {
        guard let lineage = try LineageStore.lineage(named: line.lineage, in: db) else {
            throw Problem(.notFound, "The lineage \(line.lineage) is not here: import the lineages first.")
        }
        let parent = try line.parent.map { key in
            guard let found = try CheckpointStore.checkpoint(key, in: db) else {
                throw Problem(.notFound, "The parent \(key.digest.short)… of lineage \(key.lineage) is not here.")
            }
            return found.id
        }
        let (found, created) = try CheckpointStore.findOrCreate(
            line.checkpoint, lineage: lineage.id, parent: parent, addedAt: line.addedAt, in: db)
        guard found.description == line.checkpoint, found.parent == parent else {
            throw Problem(
                .conflict, "The checkpoint \(found.label) is here already and is described otherwise; it was left as it is.")
        }
        return created
    }

    /// Freezes a revision under the number and the time that it had. The documents' texts must be here.
    ///
    /// - Throws: ``Problem`` when its digest is not that of its content, or when number or content are taken.
    package static func revision(
        _ wanted: DomainSetRevision, documents: [[Digest]], in db: Session
    ) throws -> Bool {
        if let known = try DomainSetStore.revision(digest: wanted.digest, in: db)?.revision, known.label != wanted.label {
            throw Problem(.conflict, "The documents of \(wanted.label) are here already as \(known.label).")
        }
        let domains = zip(wanted.domains, documents).map { DomainSetStore.DomainContent(domain: $0.0, documents: $0.1) }
        let (made, created) = try DomainSetStore.freeze(
            set: wanted.set, kind: wanted.kind, split: wanted.split, seed: wanted.seed, targets: wanted.targets, domains: domains,
            as: .init(number: wanted.number, createdAt: wanted.createdAt), refreshedFrom: wanted.refreshedFrom, in: db)
        guard made.digest == wanted.digest else {
            throw Problem(
                .invalid, "The revision \(wanted.label) says that its digest is \(wanted.digest), but its content has \(made.digest).")
        }
        if let id = try DomainSetStore.revision(digest: made.digest, in: db)?.id {
            for check in wanted.decontaminations ?? [] { _ = try DecontaminationStore.add(check, to: id, in: db) }
        }
        return created
    }

    /// - Throws: ``Problem`` when the digest is not that of the run, when what it refers to is not here, or when its id is taken.
    package static func run(_ line: RunLine, in db: Session) throws -> RecordVerdict {
        let digest = line.run.digest
        guard digest == line.digest else {
            throw Problem(
                .invalid, "The run \(line.run.id) says that its digest is \(line.digest), but its content has \(digest): it was changed.")
        }
        // What the run refers to may have been made by this very transaction, so that nothing of it is kept as known.
        let text = try WireCoding.encode(RecordRunRequest(run: line.run, attempt: nil))
        let incoming = try text.withUnsafeBytes { try IncomingRun(json: $0) }
        let placed = try PlacedRun(incoming, text: text, on: try RunFacts().target(of: incoming.heading, in: db))
        return try RunStore.insert(placed, recordedAt: line.recordedAt, in: db)
    }
}
