package import Postgres
package import TrackCore

/// What an export reads, in orders that another database which imported it has too. A record is in it when it was recorded before a moment.
package enum ExportStore {
    /// Which part of the database is exported.
    package struct Scope: Sendable {
        package var before: Timestamp
        /// Nil exports all.
        package var lineages: [String]?

        package init(before: Timestamp, lineages: [String]?) {
            self.before = before
            self.lineages = lineages
        }

        /// For a column that names a lineage.
        fileprivate func admits(_ column: SQL) -> SQL {
            lineages.map { "\(fragment: column) = ANY (\($0))" } ?? "true"
        }
    }

    /// A moment before which everything is recorded that ever will be: it waits for the writers that are at work, and lets no other begin.
    ///
    /// Moments are whole milliseconds, as all times of track are; it returns when its own is over, so that no later record is before it.
    package static func moment(in db: Session) throws -> Timestamp {
        try db.execute("LOCK TABLE lineage, checkpoint, domain_set_revision, evaluation_run IN SHARE MODE")
        let moment = try db.one("SELECT date_trunc('milliseconds', clock_timestamp()) + interval '1 millisecond'", as: Timestamp.self)
        try db.execute("SELECT pg_sleep(0.002)")
        return moment
    }

    /// By name.
    package static func lineages(_ scope: Scope, after name: String?, in db: Session) throws -> [LineageLine] {
        try db.rows(
            """
            SELECT l.name, c.digest AS baseline, l.in_domain, l.domain_set, l.created_at, l.training_order
            FROM lineage l LEFT JOIN checkpoint c ON c.id = l.baseline AND c.added_at < \(scope.before)
            WHERE l.created_at < \(scope.before) AND \(fragment: scope.admits("l.name")) AND l.name COLLATE "C" > \(name ?? "")
            ORDER BY l.name COLLATE "C" LIMIT \(TransferLimits.lines)
            """, as: LineageRow.self
        ).map(\.line)
    }

    /// In the order of registering, which an import keeps. A parent in a lineage that is not exported is left out.
    package static func checkpoints(_ scope: Scope, after key: CheckpointKey?, in db: Session) throws -> [CheckpointLine] {
        let start = try key.map { try place(of: $0, in: db) } ?? 0
        return try db.rows(
            """
            SELECT l.name AS lineage, c.name, c.uri, c.digest, c.step, c.tokens_seen, c.parameters, c.architecture, c.tokenizer,
                   c.maximum_context, c.bytes, c.added_at, pl.name AS parent_lineage, p.digest AS parent_digest
            FROM checkpoint c JOIN lineage l ON l.id = c.lineage_id
            LEFT JOIN checkpoint p ON p.id = c.parent LEFT JOIN lineage pl ON pl.id = p.lineage_id
            WHERE c.id > \(start) AND c.added_at < \(scope.before) AND l.created_at < \(scope.before)
              AND \(fragment: scope.admits("l.name"))
            ORDER BY c.id LIMIT \(TransferLimits.lines)
            """, as: CheckpointRow.self
        ).map { row in
            var line = row.line
            if let parent = line.parent, scope.lineages?.contains(parent.lineage) == false { line.parent = nil }
            return line
        }
    }

    /// Those under which exported runs were made, by digest.
    package static func protocols(_ scope: Scope, after digest: Digest?, in db: Session) throws -> [ProtocolLine] {
        try db.rows(
            """
            SELECT p.digest, p.definition FROM protocol p
            WHERE p.digest > \(digest?.bytes ?? []) AND EXISTS (
              SELECT FROM evaluation_run r JOIN checkpoint c ON c.id = r.checkpoint_id JOIN lineage l ON l.id = c.lineage_id
              WHERE r.protocol_id = p.id AND r.recorded_at < \(scope.before) AND \(fragment: scope.admits("l.name")))
            ORDER BY p.digest LIMIT \(TransferLimits.lines)
            """, as: (Digest.self, JSONText.self)
        ).map { ProtocolLine(digest: $0.0, scoring: try $0.1.decode(ScoringProtocol.self)) }
    }

    /// By set and number. With a choice of lineages, the revisions of their sets and those that their runs were made on.
    package static func revisions(_ scope: Scope, after: (set: String, number: Int)?, in db: Session) throws -> [DomainSetRevision] {
        let chosen: SQL =
            scope.lineages.map { names in
                """
                (EXISTS (SELECT FROM lineage l WHERE l.domain_set = s.name AND l.name = ANY (\(names))) OR EXISTS (
                  SELECT FROM evaluation_run r JOIN checkpoint c ON c.id = r.checkpoint_id JOIN lineage l ON l.id = c.lineage_id
                  WHERE r.revision_id = v.id AND r.recorded_at < \(scope.before) AND l.name = ANY (\(names))))
                """
            } ?? "true"
        let start = after ?? ("", 0)
        let ids = try db.rows(
            """
            SELECT v.id FROM domain_set_revision v JOIN domain_set s ON s.id = v.domain_set_id
            WHERE v.created_at < \(scope.before) AND \(fragment: chosen)
              AND (s.name COLLATE "C", v.number) > (\(start.set) COLLATE "C", \(start.number))
            ORDER BY s.name COLLATE "C", v.number LIMIT \(TransferLimits.lines)
            """, as: Int64.self)
        return try ids.compactMap { try DomainSetStore.revision(id: $0, in: db) }
    }

    /// Of one revision, in the frozen order: at most `limit`, fewer when they are large.
    package static func documents(
        revision id: Int64, after place: (domain: Int, position: Int)?, limit: Int, in db: Session
    ) throws -> [RevisionDocumentLine] {
        let start = place ?? (-1, -1)
        return try db.rows(
            """
            SELECT digest, domain, position, form, body FROM \(fragment: DomainSetStore.page(of: id, after: start, limit: limit))
            WHERE earlier < \(DomainSetStore.pageSize) ORDER BY domain, position
            """, as: (Digest.self, Int.self, Int.self, StoredContent.Form.self, String.self)
        ).map {
            RevisionDocumentLine(digest: $0.0, domain: $0.1, position: $0.2, content: try StoredContent(form: $0.3, body: $0.4).content)
        }
    }

    /// Of one checkpoint: by id, but a correction after what it corrects, so that they can be recorded again in this order.
    package static func runs(of checkpoint: CheckpointKey, before: Timestamp, after id: RunID?, in db: Session) throws -> [RunID] {
        let place = try place(of: checkpoint, in: db)
        return try db.rows(
            """
            WITH RECURSIVE chain AS (
              SELECT id, 0 AS depth FROM evaluation_run WHERE checkpoint_id = \(place) AND recorded_at < \(before) AND supersedes IS NULL
              UNION ALL
              SELECT r.id, chain.depth + 1 FROM evaluation_run r JOIN chain ON r.supersedes = chain.id WHERE r.recorded_at < \(before)
            )
            SELECT id FROM chain
            WHERE \(id)::uuid IS NULL OR (depth, id) > (SELECT depth, id FROM chain WHERE id = \(id)::uuid)
            ORDER BY depth, id LIMIT \(TransferLimits.lines)
            """, as: RunID.self)
    }

    private static func place(of key: CheckpointKey, in db: Session) throws -> Int64 {
        guard let checkpoint = try CheckpointStore.checkpoint(key, in: db) else {
            throw Problem(.notFound, "The checkpoint \(key.digest.short)… of lineage \(key.lineage) is not registered.")
        }
        return checkpoint.id
    }

    private struct LineageRow: SQLRow {
        let line: LineageLine

        init(row: inout RowReader) throws(PostgresError) {
            var found = LineageLine(
                name: try row.read("name"), baseline: try row.read("baseline"), inDomain: try row.read("in_domain"),
                domainSet: try row.read("domain_set"), createdAt: try row.read("created_at"))
            found.trainingOrder = try row.read("training_order")
            line = found
        }
    }

    private struct CheckpointRow: SQLRow {
        let line: CheckpointLine

        init(row: inout RowReader) throws(PostgresError) {
            let description = CheckpointDescription(
                name: try row.read("name"), uri: try row.read("uri"), digest: try row.read("digest"), step: try row.read("step"),
                tokensSeen: try row.read("tokens_seen"), parameters: try row.read("parameters"), architecture: try row.read("architecture"),
                tokenizer: try row.read("tokenizer"), maximumContext: try row.read("maximum_context"), bytes: try row.read("bytes"))
            let parentLineage: String? = try row.read("parent_lineage")
            let parentDigest: Digest? = try row.read("parent_digest")
            var parent: CheckpointKey?
            if let parentLineage, let parentDigest { parent = CheckpointKey(lineage: parentLineage, digest: parentDigest) }
            line = CheckpointLine(
                lineage: try row.read("lineage"), checkpoint: description, parent: parent, addedAt: try row.read("added_at"))
        }
    }
}
