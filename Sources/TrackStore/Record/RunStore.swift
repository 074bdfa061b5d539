package import Postgres
package import TrackCore

/// Tables `evaluation_run`, `run_documents`, `run_types`, `run_failure`: written once, never changed.
package enum RunStore {
    /// What there is already under an id.
    package static func digest(of id: RunID, in db: Session) throws -> Digest? {
        try db.first("SELECT digest FROM evaluation_run WHERE id = \(id)", as: Digest.self)
    }

    /// What is recorded under any of the ids; the others are left out.
    package static func digests(of ids: [RunID], in db: Session) throws -> [RunDigestView] {
        try db.rows(
            "SELECT id, digest, recorded_at FROM evaluation_run WHERE id = ANY (\(ids.map(\.description))::text[]::uuid[]) ORDER BY id",
            as: (RunID.self, Digest.self, TrackCore.Timestamp.self)
        ).map { RunDigestView(id: $0.0, digest: $0.1, recordedAt: $0.2) }
    }

    /// Makes sure that a correction corrects a run of the same checkpoint: one of another would hide it.
    ///
    /// - Throws: ``Problem``
    package static func checkSuperseded(_ run: PlacedRun, in db: Session) throws {
        guard let superseded = run.heading.supersedes else { return }
        guard let owner = try db.first("SELECT checkpoint_id FROM evaluation_run WHERE id = \(superseded)", as: Int64.self) else {
            throw Problem(.notFound, "The run \(superseded), which \(run.heading.id) supersedes, is not recorded.")
        }
        guard owner == run.target.checkpoint else {
            throw Problem(
                .invalid, "The run \(run.heading.id) cannot be recorded.",
                faults: [Fault(field: "/supersedes", reason: "is a run of another checkpoint")])
        }
    }

    /// Writes a run.
    ///
    /// - Parameter recordedAt: of a run that was recorded before, elsewhere; nil is now.
    /// - Returns: `duplicate` when the same record was there already.
    /// - Throws: ``Problem`` of kind `conflict` when the id is taken by another content; nothing is changed then. ``AnotherHistory``.
    package static func insert(_ run: PlacedRun, recordedAt: Timestamp? = nil, in db: Session) throws -> RecordVerdict {
        try EpochStore.check([run.target.epoch], in: db)
        try checkSuperseded(run, in: db)
        let (heading, columns, target) = (run.heading, run.columns, run.target)
        let written = try db.execute(
            """
            INSERT INTO evaluation_run (id, digest, checkpoint_id, revision_id, protocol_id, aggregation, reason, evaluator, environment, effort,
                                        evaluated_at, recorded_at, supersedes, status, nll, tokens, bytes, words, histogram)
            VALUES (\(heading.id), \(run.digest), \(target.checkpoint), \(target.revision), \(target.scoring),
                    \(columns.aggregation?.rawValue), \(heading.reason.rawValue), \(heading.evaluator), \(environment(of: heading)),
                    \(effort(of: heading)), \(heading.evaluatedAt), coalesce(\(recordedAt)::timestamptz, clock_timestamp()), \(heading.supersedes),
                    \(columns.status), \(columns.nll), \(columns.tokens), \(columns.bytes), \(columns.words), \(columns.histogram))
            ON CONFLICT (id) DO NOTHING
            """)
        guard written == 1 else {
            if try digest(of: heading.id, in: db) == run.digest { return .duplicate }
            throw conflict(heading.id)
        }
        if let documents = columns.documents {
            try db.execute(
                """
                INSERT INTO run_documents (run_id, scored, nll, tokens, bytes, words)
                VALUES (\(heading.id), \(documents.scored), \(documents.nll), \(documents.tokens), \(documents.bytes), \(documents.words))
                """)
        }
        if !columns.types.isEmpty {
            let row = TypeRow(columns.types)
            try db.execute(
                """
                INSERT INTO run_types (run_id, kept, id, body, count, nll, rest_count, rest_nll)
                VALUES (\(heading.id), \(row.kept), \(row.id), \(row.body), \(row.count), \(row.nll), \(row.restCount), \(row.restNLL))
                """)
        }
        for failure in columns.failures {
            try db.execute(
                "INSERT INTO run_failure (run_id, domain, reason) VALUES (\(heading.id), \(failure.position), \(failure.reason))")
        }
        return .accepted
    }

    static func conflict(_ id: RunID) -> Problem {
        Problem(
            .conflict,
            "The run \(id) is already recorded with other content; nothing was changed. A correction is a new run that supersedes it.")
    }

    /// Which types carry the loss of each domain of a run, by position in the frozen order; empty where no evaluator said so.
    package static func types(of id: RunID, in db: Session) throws -> [TypeLosses?] {
        try db.first(
            "SELECT kept, id, body, count, nll, rest_count, rest_nll FROM run_types WHERE run_id = \(id)",
            as: ([Int32].self, [Int32].self, [String].self, [Int64].self, [Double].self, [Int64].self, [Double].self)
        ).map {
            TypeRow(kept: $0.0, id: $0.1, body: $0.2, count: $0.3, nll: $0.4, restCount: $0.5, restNLL: $0.6).domains
        } ?? []
    }

    /// The revision that a run was made on; nil when the run is not recorded.
    package static func revision(of id: RunID, in db: Session) throws -> DomainSetRevision? {
        guard let revision = try db.first("SELECT revision_id FROM evaluation_run WHERE id = \(id)", as: Int64.self) else { return nil }
        return try DomainSetStore.revision(id: revision, in: db)
    }

    /// A recorded run.
    ///
    /// - Parameter false leaves out which types carry the loss, which is the larger part of it and seldom asked for.
    package static func recorded(_ id: RunID, withTypes: Bool = true, in db: Session) throws -> RecordedRun? {
        guard let head = try db.first(
            """
            SELECT r.id, r.digest, c.digest AS checkpoint_digest, l.name AS lineage, r.checkpoint_id, r.revision_id, r.protocol_id,
                   p.definition, r.aggregation, r.reason, r.evaluator, r.environment, r.effort, r.evaluated_at, r.recorded_at, r.supersedes
            FROM evaluation_run r JOIN checkpoint c ON c.id = r.checkpoint_id JOIN lineage l ON l.id = c.lineage_id
            JOIN protocol p ON p.id = r.protocol_id WHERE r.id = \(id)
            """, as: RunHead.self), let revision = try DomainSetStore.revision(id: head.revisionID, in: db)
        else { return nil }
        let values = try db.one(
            "SELECT status, nll, tokens, bytes, words, histogram FROM evaluation_run WHERE id = \(id)",
            as: ([Int16].self, [Double].self, [Int64].self, [Int64].self, [Int64].self, [Int64].self))
        let documents = try db.first(
            "SELECT scored, nll, tokens, bytes, words FROM run_documents WHERE run_id = \(id)",
            as: ([Int32].self, [Double].self, [Int32].self, [Int32].self, [Int32].self))
        let failures = try db.rows("SELECT domain, reason FROM run_failure WHERE run_id = \(id)", as: (Int.self, String.self))
        let columns = RunColumns(
            aggregation: head.aggregation, status: values.0, nll: values.1, tokens: values.2, bytes: values.3, words: values.4,
            histogram: values.5, types: withTypes ? try types(of: id, in: db) : [],
            documents: documents.map { .init(scored: $0.0, nll: $0.1, tokens: $0.2, bytes: $0.3, words: $0.4) },
            failures: failures.map { .init(position: $0.0, reason: $0.1) })
        return try head.run(columns.content(revision: revision), revision: revision)
    }

    /// When a checkpoint was evaluated last; nil when it never was.
    package static func lastEvaluated(_ checkpoint: Int64, in db: Session) throws -> Timestamp? {
        try db.first(
            "SELECT evaluated_at FROM evaluation_run WHERE checkpoint_id = \(checkpoint) ORDER BY evaluated_at DESC LIMIT 1",
            as: Timestamp.self)
    }

    /// The runs of a checkpoint, newest first.
    package static func runs(of checkpoint: Int64, limit: Int, in db: Session) throws -> [RunID] {
        try db.rows(
            "SELECT id FROM evaluation_run WHERE checkpoint_id = \(checkpoint) ORDER BY evaluated_at DESC, id DESC LIMIT \(limit)",
            as: RunID.self)
    }
}
