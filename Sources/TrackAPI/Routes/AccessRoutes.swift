import HTTPTypes
import Hummingbird
import Postgres
import TrackCore
import TrackStore

/// Who one is, tokens, the audit trail.
struct AccessRoutes {
    let services: APIServices

    func add(to routes: GuardedRoutes) {
        routes.get("whoami", needs: .identify, use: identify)
        routes.get("tokens", needs: .manageTokens) { _, _ in
            try Answer.json(try await services.database.read("token.list") { db in try TokenStore.list(in: db) })
        }
        routes.post("tokens", needs: .manageTokens, use: create)
        routes.post("tokens/{id}/revoke", needs: .manageTokens, use: revoke)
        routes.get("audit", needs: .readAudit, use: audit)
    }

    private func identify(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try context.caller
        return try Answer.json(
            WhoAmI(name: caller.name, role: caller.role, token: caller.token, expiresAt: caller.expiresAt, version: services.version))
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let wanted = try await request.read(CreateTokenRequest.self)
        try wanted.check()
        let actor = try context.actor
        let made = try await services.database.write("token.create") { db in
            let (token, view) = try TokenStore.create(name: wanted.name, role: wanted.role, lifetime: wanted.lifetimeSeconds, in: db)
            try AuditStore.add(.createToken, "token \(view.id)", detail: view.facts, by: actor, in: db)
            return CreateTokenResponse(token: token.text, view: view)
        }
        return try Answer.json(made, status: .created)
    }

    private func revoke(_ request: Request, _ context: APIContext) async throws -> Response {
        let id = try context.parameter("id")
        let actor = try context.actor
        let view = try await services.database.write("token.revoke") { db in
            let (view, isNew) = try TokenStore.revoke(id, in: db)
            if isNew { try AuditStore.add(.revokeToken, "token \(view.id)", detail: view.facts, by: actor, in: db) }
            return view
        }
        services.tokens.forget(id)
        return try Answer.json(view)
    }

    private func audit(_ request: Request, _ context: APIContext) async throws -> Response {
        let limit = try request.number("limit", in: 1...1000) ?? 100
        let before = try request.number("before", in: 1...Int64.max)
        return try Answer.json(
            try await services.database.read("audit.list") { db in try AuditStore.list(before: before, limit: Int(limit), in: db) })
    }
}

extension CreateTokenRequest {
    /// A token that is good for less than a minute, or longer than ten years, is a mistake of units.
    private static let lifetimes: ClosedRange<Int64> = 60...315_360_000

    /// - Throws: ``Problem`` that names what cannot be.
    fileprivate func check() throws {
        var faults: [Fault] = []
        if !Name.isValid(name) {
            faults.append(
                Fault(
                    field: "/name",
                    reason: "must be letters, digits, '.', '_' and '-', at most 128, beginning with a letter or digit"))
        }
        if let lifetimeSeconds, !Self.lifetimes.contains(lifetimeSeconds) {
            faults.append(Fault(field: "/lifetime_seconds", reason: "must be from a minute to ten years"))
        }
        guard faults.isEmpty else { throw Problem(.invalid, "The token cannot be made.", faults: faults) }
    }
}

extension TokenView {
    /// For the audit trail.
    fileprivate var facts: [String: String] {
        var facts = ["name": name, "role": role.rawValue]
        if let expiresAt { facts["expires"] = expiresAt.description }
        return facts
    }
}
