package import Postgres
package import TrackCore

/// Table `scorecard`: what is published.
package enum ScorecardStore {
    package struct Published: Sendable {
        package var lineageID: Int64
        /// The word of the card's verdict.
        package var status: String
        package var card: ScorecardView
    }

    package static func keep(_ card: ScorecardView, status: String, lineage: Int64, in db: Session) throws {
        try db.execute(
            """
            INSERT INTO scorecard (lineage_id, week, status, sentence, digest, html_path, json_path)
            VALUES (\(lineage), \(card.week), \(status), \(card.sentence), \(card.digest), \(card.htmlPath), \(card.jsonPath))
            ON CONFLICT (lineage_id, week) DO UPDATE
            SET status = excluded.status, sentence = excluded.sentence, digest = excluded.digest, html_path = excluded.html_path,
                json_path = excluded.json_path, published_at = clock_timestamp()
            """)
    }

    /// Newest week first.
    package static func all(in db: Session) throws -> [Published] {
        try select("ORDER BY s.week DESC, l.name", in: db)
    }

    package static func scorecard(lineage: String, week: String, in db: Session) throws -> ScorecardView? {
        try select("WHERE l.name = \(lineage) AND s.week = \(week)", in: db).first?.card
    }

    private static func select(_ filter: SQL, in db: Session) throws -> [Published] {
        try db.rows(
            """
            SELECT s.lineage_id, s.status, l.name, s.week, s.sentence, s.html_path, s.json_path, s.digest, s.published_at
            FROM scorecard s JOIN lineage l ON l.id = s.lineage_id \(fragment: filter)
            """,
            as: (
                Int64.self, String.self, String.self, String.self, String.self, String.self, String.self, Digest.self, Timestamp.self
            )
        ).map { row in
            Published(
                lineageID: row.0, status: row.1,
                card: ScorecardView(
                    lineage: row.2, week: row.3, sentence: row.4, htmlPath: row.5, jsonPath: row.6, digest: row.7, publishedAt: row.8))
        }
    }
}
