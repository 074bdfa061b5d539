package import Postgres
package import TrackCore

/// Which runs are the newest.
///
/// A *frame* is a checkpoint, a revision and a protocol under which there are runs. The index `evaluation_run_of_checkpoint` holds a frame's
/// runs in one stretch, the newest first: each query steps from frame to frame and reads the beginning of each, so that its work grows with
/// the frames and not with the runs (20,000 runs in one frame: 0.4 ms, where sorting them took 130 ms).
extension RunStore {
    /// The newest run of each checkpoint of a lineage on any revision of the given revision's set, under a protocol; superseded runs
    /// left out. Runs with documents compare on one revision only, so that those on the given one come first, whenever they were made.
    package static func newest(lineage: Int64, revision: Int64, protocolID: Int64, in db: Session) throws -> [RunID] {
        try db.rows(
            """
            WITH RECURSIVE \(fragment: frames(of: "c.lineage_id = \(lineage)"))
            SELECT DISTINCT ON (f.checkpoint_id) r.id
            FROM frame f JOIN domain_set_revision v ON v.id = f.revision_id CROSS JOIN LATERAL (\(fragment: newestStanding)) r
            WHERE f.protocol_id = \(protocolID)
              AND v.domain_set_id = (SELECT domain_set_id FROM domain_set_revision WHERE id = \(revision))
            ORDER BY f.checkpoint_id, (v.kind = 'documents' AND v.id = \(revision)) DESC,
                     CASE v.kind WHEN 'documents' THEN v.number ELSE 0 END DESC, r.evaluated_at DESC, r.id DESC
            """, as: RunID.self)
    }

    /// The newest runs of two checkpoints that were made on one set under one protocol, on one revision where there are such; nil when
    /// there are none.
    package static func newestPair(
        _ checkpoint: Int64, _ reference: Int64, in db: Session
    ) throws -> (run: RunID, reference: RunID)? {
        try db.first(
            """
            WITH RECURSIVE \(fragment: frames(of: "c.id IN (\(checkpoint), \(reference))")), standing AS (
              SELECT f.checkpoint_id, f.protocol_id, v.id AS revision_id, v.domain_set_id, v.kind, v.number, r.id, r.evaluated_at
              FROM frame f JOIN domain_set_revision v ON v.id = f.revision_id CROSS JOIN LATERAL (\(fragment: newestStanding)) r
            )
            SELECT a.id, b.id FROM standing a JOIN standing b USING (protocol_id, domain_set_id)
            WHERE a.checkpoint_id = \(checkpoint) AND b.checkpoint_id = \(reference)
            ORDER BY (a.kind = 'documents' AND a.revision_id = b.revision_id) DESC, CASE a.kind WHEN 'documents' THEN a.number ELSE 0 END DESC,
                     a.evaluated_at DESC, a.id DESC, b.evaluated_at DESC, b.id DESC LIMIT 1
            """, as: (RunID.self, RunID.self)
        ).map { ($0.0, $0.1) }
    }

    /// What a lineage is judged by: on a set and under a protocol that belong to it, the ones that its baseline was measured under too where
    /// there are such, and of these what was measured last. What belongs to it is its own domain set, and everything that was measured
    /// for another reason than somebody's wish, as by a schedule on another set. So `track evaluate` on another set, or under another
    /// protocol than the baseline's, does not take the card away.
    ///
    /// Of the set's revisions with documents it is the newest on which the baseline was measured, else the newest: a revision that is being
    /// evaluated takes over when there is something to compare with.
    package static func judgedFrame(of lineage: Int64, in db: Session) throws -> (revisionID: Int64, protocolID: Int64)? {
        try db.first(
            """
            WITH RECURSIVE \(fragment: frames(of: "c.lineage_id = \(lineage)")), newest AS (
              SELECT f.revision_id, f.protocol_id, v.domain_set_id, v.kind, v.number, f.checkpoint_id = l.baseline AS is_baseline,
                     s.name IS NOT DISTINCT FROM l.domain_set OR r.reason <> 'manual' AS belongs, r.id, r.evaluated_at
              FROM frame f JOIN domain_set_revision v ON v.id = f.revision_id JOIN domain_set s ON s.id = v.domain_set_id
              JOIN lineage l ON l.id = \(lineage)
              CROSS JOIN LATERAL (
                SELECT id, evaluated_at, reason FROM evaluation_run
                WHERE checkpoint_id = f.checkpoint_id AND revision_id = f.revision_id AND protocol_id = f.protocol_id
                ORDER BY evaluated_at DESC, id DESC LIMIT 1
              ) r
            ), last AS (
              SELECT n.domain_set_id, n.protocol_id FROM newest n
              WINDOW same AS (PARTITION BY n.domain_set_id, n.protocol_id)
              ORDER BY bool_or(n.belongs) OVER same DESC, bool_or(n.is_baseline) OVER same DESC NULLS LAST, n.evaluated_at DESC, n.id DESC
              LIMIT 1
            )
            SELECT n.revision_id, n.protocol_id FROM newest n JOIN last USING (domain_set_id, protocol_id)
            ORDER BY (n.kind = 'documents' AND n.is_baseline) DESC NULLS LAST, CASE n.kind WHEN 'documents' THEN n.number ELSE 0 END DESC,
                     n.evaluated_at DESC, n.id DESC LIMIT 1
            """, as: (Int64.self, Int64.self)
        ).map { ($0.0, $0.1) }
    }

    /// The newest run on a revision, and the newest of another checkpoint of its lineage under its protocol that is not superseded either.
    package static func newestPair(onRevision revision: Int64, in db: Session) throws -> (run: RunID, partner: RunID?)? {
        try db.first(
            """
            WITH RECURSIVE \(fragment: frames(of: "true", on: "revision_id = \(revision)")), standing AS (
              SELECT f.checkpoint_id, f.protocol_id, c.lineage_id, r.id, r.evaluated_at
              FROM frame f JOIN checkpoint c ON c.id = f.checkpoint_id CROSS JOIN LATERAL (\(fragment: newestStanding)) r
            ), newest AS (SELECT * FROM standing ORDER BY evaluated_at DESC, id DESC LIMIT 1)
            SELECT n.id, (
              SELECT o.id FROM standing o
              WHERE o.lineage_id = n.lineage_id AND o.protocol_id = n.protocol_id AND o.checkpoint_id <> n.checkpoint_id
              ORDER BY o.evaluated_at DESC, o.id DESC LIMIT 1)
            FROM newest n
            """, as: (RunID.self, RunID?.self)
        ).map { ($0.0, $0.1) }
    }

    /// Of every lineage, or of one, the newest runs of its baseline on a refreshed revision and on the one that it replaced, under one
    /// protocol, by the lineages' ids. Empty where the revision is no refresh.
    package static func anchors(
        onRevision revision: Int64, lineage: Int64? = nil, protocolID: Int64? = nil, in db: Session
    ) throws -> [(before: RunID, after: RunID)] {
        let origin = try db.first("SELECT coalesce(refreshed_from, 0) FROM domain_set_revision WHERE id = \(revision)", as: Int64.self)
        guard let origin, origin != 0 else { return [] }
        let lineages: SQL = lineage.map { "l.id = \($0)" } ?? "true"
        let protocols: SQL = protocolID.map { "a.protocol_id = \($0)" } ?? "true"
        let baselines = frames(
            of: "c.id IN (SELECT l.baseline FROM lineage l WHERE \(fragment: lineages))", on: "revision_id IN (\(revision), \(origin))")
        return try db.rows(
            """
            WITH RECURSIVE \(fragment: baselines), standing AS (
              SELECT f.checkpoint_id, f.protocol_id, f.revision_id, r.id, r.evaluated_at
              FROM frame f CROSS JOIN LATERAL (\(fragment: newestStanding)) r
            )
            SELECT DISTINCT ON (l.id) b.id, a.id
            FROM lineage l JOIN standing a ON a.checkpoint_id = l.baseline AND a.revision_id = \(revision)
            JOIN standing b ON b.checkpoint_id = a.checkpoint_id AND b.protocol_id = a.protocol_id AND b.revision_id = \(origin)
            WHERE \(fragment: lineages) AND \(fragment: protocols)
            ORDER BY l.id, a.evaluated_at DESC, a.id DESC
            """, as: (RunID.self, RunID.self)
        ).map { ($0.0, $0.1) }
    }

    /// `frame (checkpoint_id, revision_id, protocol_id)`, for WITH RECURSIVE.
    ///
    /// - Parameters:
    ///   - checkpoints: which `checkpoint c`.
    ///   - revisions: which `revision_id`.
    private static func frames(of checkpoints: SQL, on revisions: SQL = "true") -> SQL {
        """
        frame AS (
          SELECT c.id AS checkpoint_id, first.revision_id, first.protocol_id
          FROM checkpoint c CROSS JOIN LATERAL (
            SELECT revision_id, protocol_id FROM evaluation_run WHERE checkpoint_id = c.id AND \(fragment: revisions)
            ORDER BY revision_id, protocol_id LIMIT 1
          ) first
          WHERE \(fragment: checkpoints)
          UNION ALL
          SELECT f.checkpoint_id, next.revision_id, next.protocol_id
          FROM frame f CROSS JOIN LATERAL (
            SELECT revision_id, protocol_id FROM evaluation_run
            WHERE checkpoint_id = f.checkpoint_id AND (revision_id, protocol_id) > (f.revision_id, f.protocol_id) AND \(fragment: revisions)
            ORDER BY revision_id, protocol_id LIMIT 1
          ) next
        )
        """
    }

    /// The newest run of `frame f` that no other supersedes: none when all are.
    private static let newestStanding: SQL = """
        SELECT r.id, r.evaluated_at FROM evaluation_run r
        WHERE r.checkpoint_id = f.checkpoint_id AND r.revision_id = f.revision_id AND r.protocol_id = f.protocol_id
          AND NOT EXISTS (SELECT FROM evaluation_run s WHERE s.supersedes = r.id)
        ORDER BY r.evaluated_at DESC, r.id DESC LIMIT 1
        """
}
