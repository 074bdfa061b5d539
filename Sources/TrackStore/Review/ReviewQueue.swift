package import Postgres

/// Table `review_due`: news of lineages that nobody judged yet, a row for each transaction that brings some.
///
/// Rows are only added and taken away, never changed, so that transactions of one lineage do not wait for each other.
package enum ReviewQueue {
    /// A lineage that waits, with the rows that say so.
    package struct Due: Sendable {
        package let lineage: Int64
        let news: [Int64]
    }

    /// Says that a lineage has news; in the transaction that brings them.
    package static func enqueue(lineage: Int64, in db: Session) throws {
        try db.execute("INSERT INTO review_due (lineage_id) VALUES (\(lineage))")
    }

    /// The lineages that wait, the longest first.
    package static func due(in db: Session) throws -> [Due] {
        try db.rows(
            "SELECT lineage_id, array_agg(id) FROM review_due GROUP BY lineage_id ORDER BY min(due_at), lineage_id",
            as: (Int64.self, [Int64].self)
        ).map { Due(lineage: $0.0, news: $0.1) }
    }

    /// Takes off the list what was judged: exactly the rows that were there before. News of a transaction that was still open then has
    /// a row of its own, perhaps with a smaller id, and stays.
    package static func finish(_ due: Due, in db: Session) throws {
        try db.execute("DELETE FROM review_due WHERE id = ANY(\(due.news))")
    }
}
