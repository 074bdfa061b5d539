package import Postgres
package import TrackCore

/// Who did something, for the audit trail.
package struct AuditActor: Hashable, Sendable {
    package let name: String
    /// The id of the token that was shown.
    package let token: String?
    package let requestID: String?

    package init(name: String, token: String?, requestID: String?) {
        self.name = name
        self.token = token
        self.requestID = requestID
    }

    /// The daemon by itself.
    package static let daemon = AuditActor(name: "trackd", token: nil, requestID: nil)
}

/// What the audit trail holds.
package enum AuditAction: String, Sendable, CaseIterable, SQLEncodable {
    case createToken = "token.create"
    case revokeToken = "token.revoke"
    case setSchedule = "schedule.set"
    case cancelJob = "job.cancel"
    case addRevision = "domain-set.add"
    case createLineage = "lineage.create"
    case setBaseline = "lineage.baseline"
    case setInDomain = "lineage.in-domain"
    case setDomainSet = "lineage.domain-set"
    case setTrainingOrder = "lineage.training-order"
    case addDecontamination = "domain-set.decontaminate"
    case setRefresh = "domain-set.refresh"
    case importRecords = "history.import"
}

/// Table `audit`: only ever added to.
package enum AuditStore {
    /// Adds a line, in the transaction of what it tells.
    ///
    /// - Parameters:
    ///   - object: what it was done to, as a person would name it.
    ///   - detail: what a reader needs to know of it; never a secret.
    package static func add(
        _ action: AuditAction, _ object: String, detail: [String: String] = [:], by actor: AuditActor, in db: Session
    ) throws {
        try db.execute(
            """
            INSERT INTO audit (actor, token_id, action, object, detail, request_id)
            VALUES (\(actor.name), \(actor.token), \(action), \(object), \(try JSONText(encoding: detail)), \(actor.requestID))
            """)
    }

    /// The newest first.
    ///
    /// - Parameter before: only lines older than the one of this id.
    package static func list(before: Int64?, limit: Int, in db: Session) throws -> [AuditEntryView] {
        let filter: SQL = before.map { "WHERE id < \($0)" } ?? ""
        return try db.rows(
            """
            SELECT id, at, actor, token_id, action, object, detail, request_id FROM audit \(fragment: filter)
            ORDER BY id DESC LIMIT \(limit)
            """, as: Row.self
        ).map { try $0.view() }
    }

    private struct Row: SQLRow {
        let id: Int64
        let at: Timestamp
        let actor: String
        let token: String?
        let action: String
        let object: String
        let detail: JSONText
        let requestID: String?

        init(row: inout RowReader) throws(PostgresError) {
            id = try row.read("id")
            at = try row.read("at")
            actor = try row.read("actor")
            token = try row.read("token_id")
            action = try row.read("action")
            object = try row.read("object")
            detail = try row.read("detail")
            requestID = try row.read("request_id")
        }

        func view() throws -> AuditEntryView {
            AuditEntryView(
                id: id, at: at, actor: actor, token: token, action: action, object: object,
                detail: try detail.decode([String: String].self), requestId: requestID)
        }
    }
}
