import FoundationEssentials
import Hummingbird
import Logging
import Postgres
import Testing
import TrackClient
import TrackCore
import TrackJobs
import TrackStore

@testable import TrackAPI

/// Who may do what, as the documentation promises it. A route that is new must be written down here.
private enum Promise {
    /// a: admin, s: submitter, w: worker, r: reader, t: the token of an attempt, -: nobody in particular.
    static let table = [
        "GET /health": "aswrt-",
        "GET /ready": "aswrt-",
        "GET /v1/whoami": "aswr",
        "GET /v1/status": "asr",
        "GET /v1/lineages": "asr",
        "GET /v1/checkpoints": "asr",
        "GET /v1/checkpoint": "asr",
        "GET /v1/compare": "asr",
        "GET /v1/runs/{id}": "asr",
        "GET /v1/jobs": "asr",
        "GET /v1/jobs/{id}": "asr",
        "GET /v1/domain-sets": "asr",
        "GET /v1/domain-sets/{name}": "asr",
        "GET /v1/domain-sets/{name}/revisions/{number}/power": "asr",
        "GET /v1/schedules": "asr",
        "GET /v1/alerts": "asr",
        "GET /v1/scorecards": "asr",
        "GET /v1/scorecards/{lineage}/{file}": "asr",
        "GET /v1/revisions/{digest}/documents": "aswr",
        "POST /v1/checkpoints": "as",
        "POST /v1/domain-sets/{name}/revisions": "as",
        "POST /v1/revisions/{digest}/decontaminations": "as",
        // Over the Unix socket only.
        "POST /v1/domain-sets/{name}/refresh": "",
        "POST /v1/jobs": "as",
        "POST /v1/scorecards": "as",
        "POST /v1/runs": "aswt",
        "POST /v1/runs/bulk": "as",
        "POST /v1/runs/digests": "aswr",
        "POST /v1/jobs/claim": "aw",
        "POST /v1/jobs/{id}/attempts/{fence}/beat": "awt",
        "POST /v1/jobs/{id}/attempts/{fence}/end": "awt",
        "POST /v1/jobs/{id}/cancel": "a",
        "POST /v1/schedules": "a",
        "GET /v1/tokens": "a",
        "POST /v1/tokens": "a",
        "POST /v1/tokens/{id}/revoke": "a",
        "GET /v1/audit": "a",
        "POST /v1/export": "a",
        "GET /v1/export/lineages": "a",
        "GET /v1/export/checkpoints": "a",
        "GET /v1/export/protocols": "a",
        "GET /v1/export/revisions": "a",
        "GET /v1/export/revisions/{digest}/documents": "a",
        "GET /v1/export/runs": "a",
        "POST /v1/import/lineages": "a",
        "POST /v1/import/checkpoints": "a",
        "POST /v1/import/protocols": "a",
        "POST /v1/import/runs": "a",
        "POST /v1/import/revisions": "a",
        "POST /v1/import/settle": "a",
    ]
}

@Suite struct RouteTests {
    @Test("every route that is registered is in the table of who may do what, and none is there that is not registered")
    func complete() throws {
        let database = Database(
            configuration: DatabaseConfiguration(
                endpoint: .unixSocket(folder: "/nowhere"), user: "nobody", database: "none", schema: "none"),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let unused = Problem(.internal, "not used")
        let services = APIServices(
            database: database, lifeline: database,
            tokens: TokenBook(find: { _ in nil }, noteUse: { _ in }, now: { Timestamp(milliseconds: 0) }), version: "0",
            now: { Timestamp(milliseconds: 0) }, leaseTimes: LeaseTimes(), retryPolicy: RetryPolicy(base: .zero),
            scoring: ScoringProtocol(), uploads: "/nowhere", uploadLimit: 0, hosts: [],
            limiter: RateLimiter(RateLimits(claims: 1, writes: 1, reads: 1, failedAuthentications: 1), now: { .zero }),
            judge: .init(
                compare: { _, _, _ in throw unused }, power: { _, _ in throw unused }, publish: { _ in throw unused },
                read: { _ in throw unused }, wake: {}),
            refresh: { _, _, _ in throw unused },
            status: { throw unused })
        let routes = APIRouter.build(services).routes.map { "\($0.method) \($0.path)" }
        #expect(Set(routes) == Set(Promise.table.keys))
        #expect(routes.count == Promise.table.count)
    }
}

extension DaemonTests {
    @Suite struct AccessTests {
        @Test("each role may do over TCP what the table promises, and nothing else; the Unix socket needs no token")
        func table() async throws {
            let daemon = try await Site.here.daemon("access")
            let attempt = try await daemon.claimedAttempt("access", as: try await daemon.token("gpu-1", .worker))
            let tokens: [Character: String] = [
                "a": try await daemon.token("alice", .admin), "s": try await daemon.token("ci", .submitter),
                "w": try await daemon.token("gpu-2", .worker), "r": try await daemon.token("web", .reader), "t": attempt.token,
            ]
            for (route, who) in Promise.table {
                let path = route.replacing(/\{[a-z]+\}/, with: "1")
                for caller in "aswrt-" {
                    let headers = tokens[caller].map { ["Authorization: Bearer \($0)"] } ?? []
                    let answer = try await RawHTTP.ask(daemon.address, path, headers: headers)
                    if who.contains(caller) {
                        #expect(![401, 403].contains(answer.status), "\(route) as \(caller): \(answer.body)")
                    } else {
                        #expect(answer.status == (caller == "-" ? 401 : 403), "\(route) as \(caller): \(answer.body)")
                        #expect(answer.type == "application/problem+json")
                    }
                }
                let local = try await RawHTTP.ask(daemon.folder.socket, path)
                #expect(![401, 403].contains(local.status), "\(route) over the socket: \(local.body)")
            }
            // A token that is shown counts over the socket too.
            let headers = ["Authorization: Bearer \(tokens["r"] ?? "")"]
            #expect(try await RawHTTP.ask(daemon.folder.socket, "POST /v1/schedules", headers: headers).status == 403)
            try await daemon.stop()
        }

        @Test("a refusal says what to do: another token, or another role")
        func words() async throws {
            let daemon = try Site.here.shared
            let reader = try await daemon.token("words", .reader)
            let wrongRole = try await daemon.refusal(carrying: reader) { _ = try await $0.cancelJob(1) }
            #expect(wrongRole?.status == 403)
            #expect(wrongRole?.detail.contains("words has the role reader, and this needs admin") == true)
            let id = try #require(AccessToken(reader)).id
            try await daemon.with { client in
                #expect(try await client.carrying(reader).whoAmI().role == .reader)
                _ = try await client.revokeToken(id)
            }
            let revoked = try await daemon.refusal(carrying: reader) { _ = try await $0.whoAmI() }
            #expect(revoked?.status == 401)
            #expect(revoked?.detail.contains("was revoked") == true && revoked?.detail.contains("trackd token create") == true)
            let expired = try await daemon.token("words", .reader)
            _ = try await daemon.read { db in
                try db.execute(
                    """
                    UPDATE token SET created_at = created_at - interval '2 days', expires_at = created_at - interval '1 day'
                    WHERE id = \(try #require(AccessToken(expired)).id)
                    """)
            }
            let late = try await daemon.refusal(carrying: expired) { _ = try await $0.whoAmI() }
            #expect(late?.status == 401)
            #expect(late?.detail.contains("expired at") == true)
        }

        @Test(
            "a token that makes no sense is not made",
            arguments: [("two words", 3600), ("", 3600), ("x", 59), ("x", 0), ("x", -1), ("x", 400 * 366 * 86_400)])
        func refused(_ name: String, _ lifetime: Int64) async throws {
            let daemon = try Site.here.shared
            let problem = try await daemon.refusal {
                _ = try await $0.createToken(CreateTokenRequest(name: name, role: .reader, lifetimeSeconds: lifetime))
            }
            #expect(problem?.status == 422)
        }

        @Test("the last use of a token is noted by the hour, and who asks does not wait for it")
        func uses() async throws {
            let daemon = try Site.here.shared
            let token = try await daemon.token("used", .reader)
            try await daemon.with { client in
                #expect(try await client.tokens().first { $0.name == "used" }?.lastUsedHour == nil)
                _ = try await client.carrying(token).status()
                let noted = try await eventually { try await client.tokens().first { $0.name == "used" }?.lastUsedHour }
                let hour = try #require(noted)
                #expect(hour.milliseconds % 3_600_000 == 0)
            }
        }

        @Test("the token in the state folder is a token like every other; once revoked, it is replaced at the next start")
        func local() async throws {
            let daemon = try await Site.here.daemon("local-token")
            let first = try #require(try ClientToken.read(file: daemon.folder.adminToken))
            let id = try #require(AccessToken(first)).id
            try await daemon.with { client in
                #expect(try await client.tokens().map(\.id) == [id])
                #expect(try await client.carrying(first).whoAmI().role == .admin)
                _ = try await client.revokeToken(id)
            }
            #expect(try await RawHTTP.ask(daemon.address, "GET /v1/status", headers: ["Authorization: Bearer \(first)"]).status == 401)
            try await daemon.stop()

            let second = try await RunningDaemon(daemon.folder)
            let token = try #require(try ClientToken.read(file: daemon.folder.adminToken))
            #expect(token != first)
            #expect(try await RawHTTP.ask(second.address, "GET /v1/status", headers: ["Authorization: Bearer \(token)"]).status == 200)
            try await second.stop()

            let third = try await RunningDaemon(daemon.folder)
            #expect(try ClientToken.read(file: daemon.folder.adminToken) == token, "a good one is kept")
            try await third.with { client in
                let made = try await client.audit(before: nil, limit: 100).filter { $0.action == "token.create" }
                #expect(made.map(\.actor) == ["trackd", "trackd"])
            }
            try await third.stop()
        }
    }
}

extension RunningDaemon {
    /// Makes a token over the Unix socket.
    func token(_ name: String, _ role: Role) async throws -> String {
        try await with { client in try await client.createToken(CreateTokenRequest(name: name, role: role, lifetimeSeconds: nil)).token }
    }

    /// Over TCP, with a token.
    func with<Value: Sendable>(token: String, _ body: (DaemonClient) async throws -> Value) async throws -> Value {
        try await DaemonClient.with(try DaemonAddress(address), token: token, body)
    }

    /// What stops a request that carries a token.
    func refusal(carrying token: String, _ body: (DaemonClient) async throws -> Void) async throws -> Problem? {
        try await with(token: token) { client in
            do {
                try await body(client)
                return nil
            } catch let problem as Problem {
                return problem
            }
        }
    }

    /// Queues an evaluation of a new checkpoint and claims it with a worker's token. The daemon must have no other work.
    func claimedAttempt(_ lineage: String, step: Int64 = 0, as worker: String) async throws -> ClaimResponse {
        try await with { client in
            let evaluations = try await Evaluations(lineage, client: client)
            _ = try await client.addCheckpoint(
                AddCheckpointRequest(lineage: lineage, checkpoint: evaluations.description(step), domainSet: lineage))
        }
        return try await with(token: worker) { client in
            try #require(try await client.claim(ClaimRequest(worker: UUID(), host: "gpu", pid: 1, embedded: false)))
        }
    }
}
