package import TrackCore
import TrackStore

/// As whom a request is let in.
package struct Principal: Hashable, Sendable {
    /// The id of the token that was shown; nil for the daemon's own user over the Unix socket.
    package let token: String?
    package let name: String
    package let role: Role
    /// The one attempt that it may speak for, when an attempt's token was shown.
    package let attempt: AttemptReference?
    package let expiresAt: Timestamp?

    /// Whose share its requests use: the token's id, or the Unix socket's.
    package var id: String { token ?? "the Unix socket" }

    init(_ recorded: RecordedToken) {
        token = recorded.id
        name = recorded.name
        role = recorded.role
        attempt = recorded.attempt
        expiresAt = recorded.expiresAt
    }

    /// Who comes over the Unix socket without a token: the daemon's own user, or root. The name has a blank, which no token's has.
    static let local = Principal(localName: "local user")

    private init(localName: String) {
        token = nil
        name = localName
        role = .admin
        attempt = nil
        expiresAt = nil
    }
}

extension APIContext {
    /// Who asks, on a route that needs somebody.
    var caller: Principal {
        get throws(Problem) {
            guard let principal else { throw Action.somebodyNeeded }
            return principal
        }
    }

    /// Who acts, for the audit trail.
    var actor: AuditActor {
        get throws(Problem) {
            let caller = try caller
            return AuditActor(name: caller.name, token: caller.token, requestID: requestID)
        }
    }
}
