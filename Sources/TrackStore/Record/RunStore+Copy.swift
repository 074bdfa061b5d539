import FoundationEssentials
package import Postgres
package import TrackCore

extension RunStore {
    /// Writes many runs by COPY, the fastest way in; see ``insert(_:in:)`` for one.
    ///
    /// COPY knows no ON CONFLICT, so that ids which are there are asked for first. A rival who takes an id in between makes the whole
    /// transaction fail with a unique violation; then each run must be written by itself.
    ///
    /// - Returns: what became of each, in their order; a `conflict` is a ``Problem``.
    /// - Throws: ``AnotherHistory`` too.
    package static func copy(_ runs: [PlacedRun], in db: Session) throws -> [Result<RecordVerdict, Problem>] {
        var digests = try digestsInHistory(of: runs, in: db)
        var new: [PlacedRun] = []
        let verdicts = runs.map { run -> Result<RecordVerdict, Problem> in
            if let digest = digests[run.heading.id] {
                return digest == run.digest ? .success(.duplicate) : .failure(conflict(run.heading.id))
            }
            digests[run.heading.id] = run.digest
            new.append(run)
            return .success(.accepted)
        }
        guard !new.isEmpty else { return verdicts }
        try copyRows(of: new, in: db)
        return verdicts
    }

    /// The runs of a batch that are there already. One round trip with the comparison of the epoch: a run costs about a millisecond.
    ///
    /// - Throws: ``AnotherHistory``
    private static func digestsInHistory(of runs: [PlacedRun], in db: Session) throws -> [RunID: Digest] {
        let rows = try db.rows(
            """
            SELECT \(fragment: EpochStore.columns), r.id, r.digest
            FROM \(fragment: EpochStore.source) LEFT JOIN evaluation_run r ON r.id = ANY(\(runs.map(\.heading.id.uuid))::uuid[])
            """, as: (String.self, String.self, String.self, RunID?.self, Digest?.self))
        let epochs = Set(rows.map { Epoch(row: $0.0, server: $0.1, timeline: $0.2) })
        guard epochs == Set(runs.map(\.target.epoch)) else { throw AnotherHistory() }
        return Dictionary(rows.compactMap { row in row.3.flatMap { id in row.4.map { (id, $0) } } }, uniquingKeysWith: { first, _ in first })
    }

    private static func copyRows(of runs: [PlacedRun], in db: Session) throws {
        try db.copyIn(
            """
            COPY evaluation_run (id, digest, checkpoint_id, revision_id, protocol_id, aggregation, reason, evaluator, environment,
                                 effort, evaluated_at, supersedes, status, nll, tokens, bytes, words, histogram) FROM STDIN (FORMAT binary)
            """
        ) { copy in
            for run in runs {
                let (heading, columns, target) = (run.heading, run.columns, run.target)
                try copy.row(
                    heading.id.uuid, run.digest.bytes, target.checkpoint, target.revision, target.scoring, columns.aggregation?.rawValue,
                    heading.reason.rawValue, heading.evaluator, environment(of: heading), effort(of: heading),
                    heading.evaluatedAt.date,
                    heading.supersedes?.uuid, columns.status, columns.nll, columns.tokens, columns.bytes, columns.words, columns.histogram)
            }
        }
        if runs.contains(where: { $0.columns.documents != nil }) {
            try db.copyIn("COPY run_documents (run_id, scored, nll, tokens, bytes, words) FROM STDIN (FORMAT binary)") { copy in
                for run in runs {
                    guard let documents = run.columns.documents else { continue }
                    try copy.row(run.heading.id.uuid, documents.scored, documents.nll, documents.tokens, documents.bytes, documents.words)
                }
            }
        }
        if runs.contains(where: { !$0.columns.types.isEmpty }) {
            try db.copyIn(
                "COPY run_types (run_id, kept, id, body, count, nll, rest_count, rest_nll) FROM STDIN (FORMAT binary)"
            ) { copy in
                for run in runs where !run.columns.types.isEmpty {
                    let row = TypeRow(run.columns.types)
                    try copy.row(run.heading.id.uuid, row.kept, row.id, row.body, row.count, row.nll, row.restCount, row.restNLL)
                }
            }
        }
        if runs.contains(where: { !$0.columns.failures.isEmpty }) {
            try db.copyIn("COPY run_failure (run_id, domain, reason) FROM STDIN (FORMAT binary)") { copy in
                for run in runs {
                    for failure in run.columns.failures { try copy.row(run.heading.id.uuid, Int32(failure.position), failure.reason) }
                }
            }
        }
    }

    static func effort(of heading: RunHeading) -> JSONText? {
        heading.effort.map { JSONText(String(decoding: $0.canonical.bytes, as: UTF8.self)) }
    }

    /// As JSON; its keys are anybody's, and stand in one order.
    static func environment(of heading: RunHeading) -> JSONText {
        let object = CanonicalJSON.object(heading.environment.mapValues { .string($0) })
        return JSONText(String(decoding: object.bytes, as: UTF8.self))
    }
}
