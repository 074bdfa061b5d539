package import TrackCore

extension DaemonClient {
    /// As whom the daemon sees this client.
    package func whoAmI() async throws -> WhoAmI {
        try await call(Route(.get, ["v1", "whoami"]))
    }

    /// It is not repeated by itself: each request makes a token.
    package func createToken(_ request: CreateTokenRequest) async throws -> CreateTokenResponse {
        try await call(Route(.post, ["v1", "tokens"], isRepeatable: false), request)
    }

    package func tokens() async throws -> [TokenView] {
        try await call(Route(.get, ["v1", "tokens"]))
    }

    package func revokeToken(_ id: String) async throws -> TokenView {
        try await call(Route(.post, ["v1", "tokens", id, "revoke"]))
    }

    /// The audit trail, the newest first; `before` is the id of the last line of the page before.
    package func audit(before: Int64?, limit: Int) async throws -> [AuditEntryView] {
        try await call(Route(.get, ["v1", "audit"], query: [("before", before.map(String.init)), ("limit", "\(limit)")]))
    }
}
