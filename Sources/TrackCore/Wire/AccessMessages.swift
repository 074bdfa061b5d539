/// What the holder of a token may do. `docs/operations.md` has the table.
package enum Role: String, Sendable, Codable, CaseIterable {
    /// Looks at everything.
    case reader
    /// Also adds checkpoints, domain sets and runs, and asks for evaluations.
    case submitter
    /// Claims jobs and reports on the attempts it claimed; nothing else.
    case worker
    /// Everything.
    case admin
}

/// `POST /v1/tokens`
package struct CreateTokenRequest: Sendable, Codable {
    /// Who will hold it.
    package var name: String
    package var role: Role
    /// How long it is good; for ever when nil.
    package var lifetimeSeconds: Int64?

    package init(name: String, role: Role, lifetimeSeconds: Int64?) {
        self.name = name
        self.role = role
        self.lifetimeSeconds = lifetimeSeconds
    }
}

/// The one time that a token is shown.
package struct CreateTokenResponse: Sendable, Codable {
    /// The whole token, with its secret.
    package var token: String
    package var view: TokenView

    package init(token: String, view: TokenView) {
        self.token = token
        self.view = view
    }
}

/// A token without its secret.
package struct TokenView: Sendable, Codable, Identifiable {
    package var id: String
    package var name: String
    package var role: Role
    package var createdAt: Timestamp
    package var expiresAt: Timestamp?
    /// The beginning of the hour of its last use.
    package var lastUsedHour: Timestamp?
    package var revokedAt: Timestamp?

    package init(
        id: String, name: String, role: Role, createdAt: Timestamp, expiresAt: Timestamp?, lastUsedHour: Timestamp?, revokedAt: Timestamp?
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedHour = lastUsedHour
        self.revokedAt = revokedAt
    }
}

/// `GET /v1/whoami`: as whom the daemon sees the caller.
package struct WhoAmI: Sendable, Codable {
    package var name: String
    package var role: Role
    /// The token's id; nil over the Unix socket, where none is needed.
    package var token: String?
    package var expiresAt: Timestamp?
    /// The daemon's.
    package var version: String

    package init(name: String, role: Role, token: String?, expiresAt: Timestamp?, version: String) {
        self.name = name
        self.role = role
        self.token = token
        self.expiresAt = expiresAt
        self.version = version
    }
}

/// One line of the audit trail.
package struct AuditEntryView: Sendable, Codable, Identifiable {
    package var id: Int64
    package var at: Timestamp
    /// A token's name, `local user` over the Unix socket, or `trackd`.
    package var actor: String
    /// The id of the actor's token.
    package var token: String?
    /// For example `token.create`.
    package var action: String
    /// What it was done to.
    package var object: String
    package var detail: [String: String]
    /// Of the request, as in the daemon's log.
    package var requestId: String?

    package init(
        id: Int64, at: Timestamp, actor: String, token: String?, action: String, object: String, detail: [String: String],
        requestId: String?
    ) {
        self.id = id
        self.at = at
        self.actor = actor
        self.token = token
        self.action = action
        self.object = object
        self.detail = detail
        self.requestId = requestId
    }
}
