package import Postgres
package import TrackCore

/// What is recorded of a token, as far as it decides who somebody is.
package struct RecordedToken: Hashable, Sendable {
    package let id: String
    package let digest: Digest
    package let name: String
    package let role: Role
    package let expiresAt: Timestamp?
    package let lastUsedHour: Timestamp?
    /// Of the token, or of the one with which its job was claimed.
    package let revokedAt: Timestamp?
    /// The one attempt that it is good for.
    package let attempt: AttemptReference?
    package let hasAttemptEnded: Bool

    package init(
        id: String, digest: Digest, name: String, role: Role, expiresAt: Timestamp?, lastUsedHour: Timestamp?, revokedAt: Timestamp?,
        attempt: AttemptReference?, hasAttemptEnded: Bool
    ) {
        self.id = id
        self.digest = digest
        self.name = name
        self.role = role
        self.expiresAt = expiresAt
        self.lastUsedHour = lastUsedHour
        self.revokedAt = revokedAt
        self.attempt = attempt
        self.hasAttemptEnded = hasAttemptEnded
    }
}

/// Table `token`.
package enum TokenStore {
    package static func token(_ id: String, in db: Session) throws -> RecordedToken? {
        try db.first(
            """
            SELECT t.id, t.digest, t.name, t.role, t.expires_at, t.last_used_hour, coalesce(t.revoked_at, i.revoked_at) AS revoked_at,
                   t.job_id, t.fence, a.ended_at IS NOT NULL AS attempt_ended
            FROM token t LEFT JOIN attempt a ON a.job_id = t.job_id AND a.fence = t.fence LEFT JOIN token i ON i.id = t.issued_by
            WHERE t.id = \(id)
            """, as: Row.self)?.token
    }

    /// Makes a token for somebody.
    ///
    /// - Parameter lifetime: in seconds; nil is for ever.
    package static func create(
        name: String, role: Role, lifetime: Int64?, in db: Session
    ) throws -> (token: AccessToken, view: TokenView) {
        while true {
            let token = AccessToken.make()
            let view = try db.first(
                """
                INSERT INTO token (id, digest, name, role, expires_at)
                VALUES (\(token.id), \(token.digest), \(name), \(role), clock_timestamp() + \(lifetime)::float8 * interval '1 second')
                ON CONFLICT (id) DO NOTHING RETURNING \(fragment: columns)
                """, as: ViewRow.self)?.view
            if let view { return (token, view) }
        }
    }

    /// Makes the token of an attempt, in the transaction of its claim.
    ///
    /// - Parameters:
    ///   - holder: the name of who claimed the job, who from now on may speak for the attempt.
    ///   - issuer: the id of the token with which it was claimed; nil when that was done over the Unix socket.
    package static func create(
        for attempt: AttemptReference, holder: String, issuer: String?, in db: Session
    ) throws -> AccessToken {
        while true {
            let token = AccessToken.make()
            let made = try db.execute(
                """
                INSERT INTO token (id, digest, name, role, issued_by, job_id, fence)
                VALUES (\(token.id), \(token.digest), \(holder), \(Role.worker), \(issuer), \(attempt.job), \(attempt.fence))
                ON CONFLICT (id) DO NOTHING
                """)
            if made == 1 { return token }
        }
    }

    /// Who claimed an attempt.
    package enum Holder: Hashable, Sendable {
        case named(String)
        /// It was claimed before attempts had tokens.
        case unknown
        case noSuchAttempt
    }

    package static func holder(of attempt: AttemptReference, in db: Session) throws -> Holder {
        let found = try db.first(
            """
            SELECT t.name, a.fence FROM attempt a LEFT JOIN token t ON t.job_id = a.job_id AND t.fence = a.fence
            WHERE a.job_id = \(attempt.job) AND a.fence = \(attempt.fence)
            """, as: (String?.self, Int64.self))
        guard let found else { return .noSuchAttempt }
        return found.0.map(Holder.named) ?? .unknown
    }

    /// Those of people and programs, not of attempts: the newest first.
    package static func list(in db: Session) throws -> [TokenView] {
        try db.rows("SELECT \(fragment: columns) FROM token WHERE job_id IS NULL ORDER BY created_at DESC, id", as: ViewRow.self)
            .map(\.view)
    }

    /// Ends a token for good, and with it those of the attempts that were claimed with it.
    ///
    /// - Returns: the token, and whether it was not revoked before.
    /// - Throws: ``Problem`` when there is no such token.
    package static func revoke(_ id: String, in db: Session) throws -> (view: TokenView, isNew: Bool) {
        let changed = try db.execute(
            "UPDATE token SET revoked_at = clock_timestamp() WHERE id = \(id) AND job_id IS NULL AND revoked_at IS NULL")
        let found = try db.first("SELECT \(fragment: columns) FROM token WHERE id = \(id) AND job_id IS NULL", as: ViewRow.self)
        guard let found else {
            throw Problem(.notFound, "There is no token \(id). `trackd token list` shows those there are.")
        }
        return (found.view, changed == 1)
    }

    /// Notes that a token is in use. Within an hour it is written once, whoever asks.
    package static func noteUse(_ id: String, in db: Session) throws {
        try db.execute(
            """
            UPDATE token SET last_used_hour = date_trunc('hour', clock_timestamp(), 'UTC')
            WHERE id = \(id) AND (last_used_hour IS NULL OR last_used_hour < date_trunc('hour', clock_timestamp(), 'UTC'))
            """)
    }

    private static let columns: SQL = "id, name, role, created_at, expires_at, last_used_hour, revoked_at"

    private struct Row: SQLRow {
        let token: RecordedToken

        init(row: inout RowReader) throws(PostgresError) {
            let job: Int64? = try row.read("job_id")
            let fence: Int64? = try row.read("fence")
            var attempt: AttemptReference?
            if let job, let fence { attempt = AttemptReference(job: job, fence: fence) }
            token = RecordedToken(
                id: try row.read("id"), digest: try row.read("digest"), name: try row.read("name"), role: try row.read("role"),
                expiresAt: try row.read("expires_at"), lastUsedHour: try row.read("last_used_hour"), revokedAt: try row.read("revoked_at"),
                attempt: attempt, hasAttemptEnded: try row.read("attempt_ended"))
        }
    }

    private struct ViewRow: SQLRow {
        let view: TokenView

        init(row: inout RowReader) throws(PostgresError) {
            view = TokenView(
                id: try row.read("id"), name: try row.read("name"), role: try row.read("role"), createdAt: try row.read("created_at"),
                expiresAt: try row.read("expires_at"), lastUsedHour: try row.read("last_used_hour"), revokedAt: try row.read("revoked_at"))
        }
    }
}

extension Role: SQLEncodable, SQLDecodable {}
