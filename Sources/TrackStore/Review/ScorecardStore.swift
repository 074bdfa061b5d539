package import Postgres
package import TrackCore

/// Table `scorecard`: what is published.
package enum ScorecardStore {
    package static func keep(_ card: ScorecardView, lineage: Int64, in db: Session) throws {
        try db.execute(
            """
            INSERT INTO scorecard (lineage_id, week, sentence, digest, html_path, json_path)
            VALUES (\(lineage), \(card.week), \(card.sentence), \(card.digest), \(card.htmlPath), \(card.jsonPath))
            ON CONFLICT (lineage_id, week) DO UPDATE
            SET sentence = excluded.sentence, digest = excluded.digest, html_path = excluded.html_path, json_path = excluded.json_path,
                published_at = clock_timestamp()
            """)
    }

    /// Newest week first.
    package static func all(in db: Session) throws -> [ScorecardView] {
        try db.rows(
            """
            SELECT l.name, s.week, s.sentence, s.html_path, s.json_path, s.digest, s.published_at
            FROM scorecard s JOIN lineage l ON l.id = s.lineage_id ORDER BY s.week DESC, l.name
            """, as: (String.self, String.self, String.self, String.self, String.self, Digest.self, Timestamp.self)
        ).map {
            ScorecardView(lineage: $0.0, week: $0.1, sentence: $0.2, htmlPath: $0.3, jsonPath: $0.4, digest: $0.5, publishedAt: $0.6)
        }
    }

    package static func scorecard(lineage: String, week: String, in db: Session) throws -> ScorecardView? {
        try all(in: db).first { $0.lineage == lineage && $0.week == week }
    }
}
