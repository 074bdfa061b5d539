package import Postgres

/// Table `review_due`: the lineages that have news which nobody judged yet.
package enum ReviewQueue {
    /// Says that a lineage has news; in the transaction that brings them.
    package static func enqueue(lineage: Int64, in db: Session) throws {
        try db.execute(
            """
            INSERT INTO review_due (lineage_id) VALUES (\(lineage))
            ON CONFLICT (lineage_id) DO UPDATE SET generation = review_due.generation + 1
            """)
    }

    /// The lineages that wait, the longest first, with the generation of their news.
    package static func due(in db: Session) throws -> [(lineage: Int64, generation: Int64)] {
        try db.rows("SELECT lineage_id, generation FROM review_due ORDER BY due_at, lineage_id", as: (Int64.self, Int64.self))
            .map { ($0.0, $0.1) }
    }

    /// Takes a judged lineage off the list, unless more news came meanwhile.
    package static func finish(lineage: Int64, generation: Int64, in db: Session) throws {
        try db.execute("DELETE FROM review_due WHERE lineage_id = \(lineage) AND generation = \(generation)")
    }
}
