import Postgres
import TrackCore
import TrackJobs
import TrackStore

/// What `track add` does, in one transaction.
enum CheckpointIntake {
    static func add(
        _ wanted: AddCheckpointRequest, scoring: ScoringProtocol, by actor: AuditActor, in db: Session
    ) throws -> AddCheckpointResponse {
        let (lineage, isNew) = try LineageStore.findOrCreate(wanted.lineage, in: db)
        if isNew { try AuditStore.add(.createLineage, lineage.name, by: actor, in: db) }
        var notes: [String] = []
        let parent = try wanted.parent.map { try CheckpointStore.resolve($0, in: db).id }
            ?? previous(to: wanted.checkpoint, lineage: lineage.id, in: db)?.id
        let (found, created) = try CheckpointStore.findOrCreate(wanted.checkpoint, lineage: lineage.id, parent: parent, in: db)
        if isNew || wanted.baseline || lineage.baseline == nil {
            if let old = lineage.baseline, old != found.id {
                notes.append("It takes the place of the lineage's earlier baseline; verdicts are made anew against it.")
            }
            try LineageStore.setBaseline(found.id, of: lineage.id, in: db)
            if lineage.baseline != found.id {
                try AuditStore.add(.setBaseline, lineage.name, detail: ["baseline": found.label], by: actor, in: db)
            }
        }
        let inDomain = wanted.inDomain.filter { !lineage.inDomain.contains($0) }
        if !inDomain.isEmpty {
            try LineageStore.addInDomain(inDomain, to: lineage.id, in: db)
            try AuditStore.add(.setInDomain, lineage.name, detail: ["added": inDomain.joined(separator: ", ")], by: actor, in: db)
        }
        let set = try wanted.domainSet ?? lineage.domainSet ?? DomainSetStore.onlySet(in: db)
        if let set, lineage.domainSet != set {
            _ = try DomainSetStore.latest(of: set, in: db)
            try LineageStore.setDomainSet(set, of: lineage.id, in: db)
            try AuditStore.add(.setDomainSet, lineage.name, detail: ["domain set": set], by: actor, in: db)
        }
        if let order = wanted.trainingOrder, order != lineage.trainingOrder {
            try LineageStore.setTrainingOrder(order, of: lineage.id, in: db)
            try AuditStore.add(.setTrainingOrder, lineage.name, detail: ["training order": order.rawValue], by: actor, in: db)
        }
        if let note = try tokenizerNote(wanted.checkpoint, lineage: lineage, in: db) { notes.append(note) }
        let job = try wanted.evaluate ? evaluation(of: found, set: set, scoring: scoring, notes: &notes, in: db) : nil
        try ReviewQueue.enqueue(lineage: lineage.id, in: db)
        guard let checkpoint = try CheckpointStore.checkpoint(found.id, in: db) else {
            throw Problem(.internal, "The checkpoint could not be read back after it was written.")
        }
        return AddCheckpointResponse(checkpoint: checkpoint, created: created, job: job, notes: notes)
    }

    /// The checkpoint of the lineage with the highest step below this one's, else its baseline.
    private static func previous(to description: CheckpointDescription, lineage: Int64, in db: Session) throws -> Checkpoint? {
        guard let step = description.step else { return nil }
        let others = try CheckpointStore.checkpoints(of: lineage, in: db).filter { $0.description.digest != description.digest }
        let earlier = others.filter { ($0.description.step ?? .max) < step }
        return earlier.max { ($0.description.step ?? 0) < ($1.description.step ?? 0) } ?? others.first { $0.isBaseline }
    }

    private static func tokenizerNote(_ description: CheckpointDescription, lineage: Lineage, in db: Session) throws -> String? {
        guard let baseline = try lineage.baseline.flatMap({ try CheckpointStore.checkpoint($0, in: db) }),
            let expected = baseline.description.tokenizer, let given = description.tokenizer, expected != given
        else { return nil }
        return """
            Its tokenizer (\(given.short)…) differs from that of the lineage's baseline \(baseline.label) (\(expected.short)…): \
            perplexities per token do not compare, so that bits per byte are compared instead. If that is not meant, save the baseline's \
            tokenizer with it.
            """
    }

    private static func evaluation(
        of checkpoint: Checkpoint, set: String?, scoring: ScoringProtocol, notes: inout [String], in db: Session
    ) throws -> JobView? {
        guard let set else {
            notes.append(
                "No evaluation is queued: the lineage has no domain set. Make one with `track domains add`, then "
                    + "`track evaluate \(checkpoint.label) --domain-set NAME`.")
            return nil
        }
        let revision = try DomainSetStore.latest(of: set, in: db)
        guard revision.revision.kind == .documents else {
            notes.append("No evaluation is queued: the domain set \(set) has no documents.")
            return nil
        }
        let protocolID = try ProtocolStore.id(of: scoring, in: db)
        let (id, _) = try JobQueue.enqueue(
            .added(.init(checkpoint: checkpoint.id, revision: revision.id, scoring: protocolID, evaluator: Evaluators.standard)), in: db)
        return try JobQueue.job(id, in: db)
    }
}
