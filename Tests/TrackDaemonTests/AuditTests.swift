import FoundationEssentials
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    @Suite struct AuditTests {
        @Test("who changes something leaves a line with the change: actor, token, request, and what it was")
        func lines() async throws {
            let daemon = try await Site.here.daemon("audit")
            let alice = try await daemon.token("alice", .admin)
            let aliceID = try #require(AccessToken(alice)).id
            let old = try await daemon.token("old", .reader)
            try await daemon.with(token: alice) { client in
                let evaluations = try await Evaluations("audited", client: client)
                _ = try await Evaluations("audited", client: client)
                try await evaluations.add(0, client: client)
                try await evaluations.add(0, client: client)
                let job = try #require(
                    try await client.addCheckpoint(
                        AddCheckpointRequest(
                            lineage: "audited", checkpoint: evaluations.description(10), baseline: true,
                            inDomain: ["legal/*", "code/python"])
                    ).job)
                _ = try await client.cancelJob(job.id)
                _ = try await client.addSchedule(
                    ScheduleRequest(
                        name: "weekly", timeZone: "UTC", isoWeekday: 1, at: "06:00", domainSet: "audited", lineages: [], enabled: false))
                let id = try #require(AccessToken(old)).id
                _ = try await client.revokeToken(id)
                _ = try await client.revokeToken(id)

                let lines = try await client.audit(before: nil, limit: 1000).reversed().filter { $0.token == aliceID }
                let told = lines.map { "\($0.action) \($0.object)" }
                #expect(
                    told == [
                        "domain-set.add audited@1", "lineage.create audited", "lineage.baseline audited", "lineage.in-domain audited",
                        "lineage.domain-set audited", "lineage.baseline audited", "lineage.in-domain audited", "job.cancel job \(job.id)",
                        "schedule.set weekly", "token.revoke token \(id)",
                    ], "what changes nothing leaves no line")
                #expect(lines.allSatisfy { $0.actor == "alice" && $0.requestId?.isEmpty == false })
                #expect(lines[5].detail == ["baseline": "audited/checkpoint-10"])
                #expect(lines[6].detail == ["added": "code/python"])
                #expect(lines[8].detail["time zone"] == "UTC")
                let made = try await client.audit(before: nil, limit: 1000).first { $0.object == "token \(aliceID)" }
                #expect(made?.action == "token.create" && made?.token == nil && made?.actor == "local user")
                #expect(made?.detail == ["name": "alice", "role": "admin"])
            }
            try await daemon.stop()
        }

        @Test("what is refused leaves no line: a line and its change are one transaction")
        func refused() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("unaudited", client: client)
                _ = try? await client.addCheckpoint(
                    AddCheckpointRequest(lineage: "unaudited-lineage", checkpoint: evaluations.description(0), domainSet: "no-such-set"))
                _ = try? await client.cancelJob(99_999_999)
                let lines = try await client.audit(before: nil, limit: 1000)
                #expect(!lines.contains { $0.object == "unaudited-lineage" || $0.object == "job 99999999" })
            }
        }

        @Test("a page of the trail has an end", arguments: ["limit=0", "limit=1001", "limit=x", "before=0"])
        func pages(_ query: String) async throws {
            #expect(try await RawHTTP.ask(try Site.here.shared.folder.socket, "GET /v1/audit?\(query)").status == 422)
        }
    }
}
