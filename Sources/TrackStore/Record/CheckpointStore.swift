package import Postgres
package import TrackCore

/// Table `checkpoint`.
package enum CheckpointStore {
    /// Registers a checkpoint; when its digest is known in the lineage, the known one comes back unchanged.
    ///
    /// - Parameter addedAt: of one that was registered before, elsewhere; nil is now.
    package static func findOrCreate(
        _ description: CheckpointDescription, lineage: Int64, parent: Int64?, addedAt: Timestamp? = nil, in db: Session
    ) throws -> (checkpoint: Checkpoint, created: Bool) {
        let made = try db.execute(
            """
            INSERT INTO checkpoint (lineage_id, name, uri, digest, step, tokens_seen, parameters, architecture, tokenizer,
                                    maximum_context, bytes, parent, added_at)
            VALUES (\(lineage), \(description.name), \(description.uri), \(description.digest), \(description.step),
                    \(description.tokensSeen), \(description.parameters), \(description.architecture), \(description.tokenizer),
                    \(description.maximumContext), \(description.bytes), \(parent), coalesce(\(addedAt)::timestamptz, clock_timestamp()))
            ON CONFLICT (lineage_id, digest) DO NOTHING
            """)
        let row = try db.one(
            select("WHERE c.lineage_id = \(lineage) AND c.digest = \(description.digest)"), as: Row.self)
        return (row.checkpoint, made == 1)
    }

    package static func checkpoint(_ id: Int64, in db: Session) throws -> Checkpoint? {
        try db.first(select("WHERE c.id = \(id)"), as: Row.self)?.checkpoint
    }

    package static func checkpoint(_ key: CheckpointKey, in db: Session) throws -> Checkpoint? {
        try db.first(select("WHERE l.name = \(key.lineage) AND c.digest = \(key.digest)"), as: Row.self)?.checkpoint
    }

    /// The checkpoints of a lineage: its baseline first, then by step, those without a step last, then in the order of adding.
    package static func checkpoints(of lineage: Int64, in db: Session) throws -> [Checkpoint] {
        try db.rows(
            select("WHERE c.lineage_id = \(lineage) ORDER BY (c.id IS NOT DISTINCT FROM l.baseline) DESC, c.step NULLS LAST, c.id"),
            as: Row.self
        ).map(\.checkpoint)
    }

    /// Every checkpoint, by lineage name and in each lineage's order.
    package static func all(lineage: String?, in db: Session) throws -> [Checkpoint] {
        let filter: SQL = lineage.map { "WHERE l.name = \($0)" } ?? ""
        return try db.rows(
            select("\(fragment: filter) ORDER BY l.name, (c.id IS NOT DISTINCT FROM l.baseline) DESC, c.step NULLS LAST, c.id"),
            as: Row.self
        ).map(\.checkpoint)
    }

    /// The checkpoint that a person means by `lineage/name`, `lineage@step`, a digest's first eight or more digits, an id, or a name
    /// that only one checkpoint has.
    ///
    /// - Throws: ``Problem`` when none or several fit.
    package static func resolve(_ reference: String, in db: Session) throws -> Checkpoint {
        let candidates = try db.rows(select("WHERE \(fragment: filter(of: reference)) ORDER BY c.id LIMIT 6"), as: Row.self)
            .map(\.checkpoint)
        guard let first = candidates.first else {
            throw Problem(.notFound, "No checkpoint is called \(reference). `track list` shows those that are registered.")
        }
        guard candidates.count == 1 else {
            let labels = candidates.prefix(5).map { "\($0.label) (id \($0.id))" }.joined(separator: ", ")
            throw Problem(.invalid, "\(reference) fits several checkpoints: \(labels). Give the id or more of the digest.")
        }
        return first
    }

    private static func filter(of reference: String) -> SQL {
        if let digest = Digest(reference) { return "c.digest = \(digest)" }
        let slash = reference.split(separator: "/", maxSplits: 1)
        if slash.count == 2 { return "l.name = \(String(slash[0])) AND c.name = \(String(slash[1]))" }
        let at = reference.split(separator: "@", maxSplits: 1)
        if at.count == 2, let step = Int64(at[1]) { return "l.name = \(String(at[0])) AND c.step = \(step)" }
        let digits = reference.hasPrefix("sha256:") ? String(reference.dropFirst(7)) : reference
        let id = Int64(reference)
        if digits.utf8.count >= 8, digits.utf8.count <= 64, digits.allSatisfy(\.isHexDigit) {
            // Digits alone may begin a digest as well as be an id.
            return "encode(c.digest, 'hex') LIKE \(digits.lowercased() + "%") OR c.name = \(reference) OR c.id = \(id)"
        }
        if let id, id > 0 { return "c.id = \(id)" }
        return "c.name = \(reference)"
    }

    private static func select(_ filter: SQL) -> SQL {
        """
        SELECT c.id, l.name AS lineage, c.name, c.uri, c.digest, c.step, c.tokens_seen, c.parameters, c.architecture, c.tokenizer,
               c.maximum_context, c.bytes, c.parent, c.id IS NOT DISTINCT FROM l.baseline AS is_baseline, c.added_at
        FROM checkpoint c JOIN lineage l ON l.id = c.lineage_id \(fragment: filter)
        """
    }

    private struct Row: SQLRow {
        let checkpoint: Checkpoint

        init(row: inout RowReader) throws(PostgresError) {
            let id: Int64 = try row.read("id")
            let lineage: String = try row.read("lineage")
            let description = CheckpointDescription(
                name: try row.read("name"), uri: try row.read("uri"), digest: try row.read("digest"), step: try row.read("step"),
                tokensSeen: try row.read("tokens_seen"), parameters: try row.read("parameters"), architecture: try row.read("architecture"),
                tokenizer: try row.read("tokenizer"), maximumContext: try row.read("maximum_context"), bytes: try row.read("bytes"))
            checkpoint = Checkpoint(
                id: id, lineage: lineage, description: description, parent: try row.read("parent"),
                isBaseline: try row.read("is_baseline"), addedAt: try row.read("added_at"))
        }
    }
}
