package import Postgres
package import TrackCore
import TrackStore

/// Small recorded things that tests build upon. Every value is a function of its name.
package enum TestRecord {
    /// A lineage with checkpoints named `checkpoint-1`, `checkpoint-2`, …; the first one is its baseline.
    package static func lineage(_ name: String, checkpoints count: Int, in db: Session) throws -> (lineage: Int64, checkpoints: [Int64]) {
        let lineage = try db.one("INSERT INTO lineage (name) VALUES (\(name)) RETURNING id", as: (Int64.self))
        let checkpoints = try (1...max(1, count)).prefix(count).map { step in
            try db.one(
                """
                INSERT INTO checkpoint (lineage_id, name, uri, digest, step)
                VALUES (\(lineage), \("checkpoint-\(step)"), \("file:///models/\(name)/checkpoint-\(step)"),
                        \(Digest(ofText: "\(name) \(step)").bytes), \(step)) RETURNING id
                """, as: (Int64.self))
        }
        try db.execute("UPDATE lineage SET baseline = \(checkpoints.first) WHERE id = \(lineage)")
        return (lineage, checkpoints)
    }

    /// A frozen revision with one document per domain; freezing the same name with other texts makes the next revision.
    package static func revision(
        set: String, domains names: [String] = ["news/agency", "legal/contracts"], text: String = "a text", in db: Session
    ) throws -> Int64 {
        let documents = names.map { HeldOutDocument(domain: DomainName($0)!, text: "\(text) of \($0) in \(set)") }
        try DomainSetStore.addTexts(documents.map { ($0.digest, $0.content) }, in: db)
        let contents = documents.map { document in
            DomainSetStore.DomainContent(
                domain: DomainOfRevision(
                    name: document.domain, documents: 1, bytes: Int64(document.content.byteCount),
                    words: Int64(document.content.wordCount)),
                documents: [document.digest])
        }
        let frozen = try DomainSetStore.freeze(set: set, kind: .documents, split: "test", seed: 1, domains: contents, in: db)
        return try db.one("SELECT id FROM domain_set_revision WHERE digest = \(frozen.revision.digest.bytes)", as: (Int64.self))
    }

    /// A run in which no domain was evaluated.
    package static func run(_ id: RunID, checkpoint: Int64, revision: Int64, scoring: Int64, in db: Session) throws {
        try db.execute(
            """
            INSERT INTO evaluation_run (id, digest, checkpoint_id, revision_id, protocol_id, reason, evaluator, evaluated_at, status, nll,
                                        tokens, bytes, words)
            VALUES (\(id), \(Digest(ofText: id.description)), \(checkpoint), \(revision), \(scoring), 'manual', 'transformers',
                    clock_timestamp(), '{}', '{}', '{}', '{}', '{}')
            """)
    }
}
