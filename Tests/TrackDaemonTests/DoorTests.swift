import FoundationEssentials
import Glibc
import SystemPackage
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    @Suite struct DoorTests {
        /// Permission bits.
        private func mode(_ path: String) -> UInt32 {
            var facts = stat()
            return stat(path, &facts) == 0 ? facts.st_mode & 0o7777 : 0
        }

        @Test("what lets somebody in is for the daemon's own user alone")
        func modes() throws {
            let folder = try Site.here.shared.folder
            #expect(mode(folder.socket) == 0o600)
            #expect(mode(folder.adminToken) == 0o600)
            #expect(mode(folder.path + "/uploads") == 0o700)
        }

        @Test("whatever mask the daemon was started with, nothing that it makes can be written by others, not even at first")
        func mask() async throws {
            let folder = try Site.here.folder("mask")
            let daemon = try await RunningDaemon(folder, mask: "000")
            let status = try String(contentsOfFile: "/proc/\(daemon.program.pid)/status", encoding: .utf8)
            #expect(status.contains("Umask:\t0022\n"))
            try await daemon.stop()
        }

        @Test(
            "over TCP every route of version 1 needs the token; health does not",
            arguments: [
                "GET /v1/status", "GET /v1/lineages", "GET /v1/checkpoints", "GET /v1/jobs", "GET /v1/alerts", "GET /v1/schedules",
                "GET /v1/scorecards", "GET /v1/domain-sets", "POST /v1/runs", "POST /v1/checkpoints", "POST /v1/jobs/claim",
                "POST /v1/domain-sets/x/revisions", "POST /v1/schedules", "POST /v1/scorecards", "GET /v1/compare?run=a",
            ])
        func token(_ route: String) async throws {
            let daemon = try Site.here.shared
            let token = try #require(try ClientToken.read(file: daemon.folder.adminToken))
            let without = try await RawHTTP.ask(daemon.address, route)
            #expect(without.status == 401)
            #expect(without.type == "application/problem+json")
            for wrong in ["Bearer " + token.dropLast(), "Bearer ", "Basic " + token, "bearer", "Bearer \(token)x"] {
                #expect(try await RawHTTP.ask(daemon.address, route, headers: ["Authorization: \(wrong)"]).status == 401)
            }
            #expect(try await RawHTTP.ask(daemon.address, route, headers: ["Authorization: Bearer \(token)"]).status != 401)
            #expect(try await RawHTTP.ask(daemon.folder.socket, route).status != 401)
        }

        @Test("health and readiness answer everybody, and tell nothing")
        func health() async throws {
            let daemon = try Site.here.shared
            #expect(try await RawHTTP.ask(daemon.address, "GET /health").body == #"{"status":"ok"}"#)
            #expect(try await RawHTTP.ask(daemon.address, "GET /ready").body == #"{"status":"ready"}"#)
        }

        @Test(
            "a request that cannot be read gets a problem document with its id, never a bare error",
            arguments: [
                ("GET /nowhere", "", "", 404), ("GET /v1/nowhere", "", "", 404), ("POST /v1/checkpoints", "text/plain", "{}", 415),
                ("POST /v1/runs", "", "{}", 415), ("POST /v1/runs", "application/jsonx", "{}", 415),
                ("POST /v1/runs", "application/json", "{", 422),
                ("POST /v1/runs", "application/json", "", 422),
                ("POST /v1/runs", "application/json", #"{"run":[]}"#, 422), ("GET /v1/runs/7", "", "", 422),
                ("GET /v1/jobs/x", "", "", 422),
                ("GET /v1/jobs/99999999", "", "", 404), ("GET /v1/checkpoint", "", "", 422), ("GET /v1/jobs?state=lost", "", "", 422),
                ("GET /v1/runs/00000000-0000-7000-8000-000000000000", "", "", 404), ("GET /v1/domain-sets/none", "", "", 404),
                ("GET /v1/revisions/xyz/documents", "", "", 422), ("POST /v1/domain-sets/..%2f/revisions", "", "", 422),
                ("POST /v1/domain-sets/x/revisions", "", "", 415), ("POST /v1/domain-sets/x/revisions", "application/x-ndjson", "", 422),
                ("GET /v1/scorecards/none/2026-W47.html", "", "", 404),
                ("GET /v1/scorecards/none/..%2f..%2fadmin-token", "", "", 404),
                ("POST /v1/scorecards", "application/json", #"{"week":"47"}"#, 422),
                ("POST /v1/scorecards", "application/json", #"{"lineage":"none"}"#, 404),
            ])
        func unreadable(_ route: String, _ type: String, _ body: String, _ status: Int) async throws {
            let headers = type.isEmpty ? [] : ["Content-Type: \(type)"]
            let answer = try await RawHTTP.ask(try Site.here.shared.folder.socket, route, headers: headers, body: body)
            #expect(answer.status == status, "\(answer.body)")
            #expect(answer.type == "application/problem+json")
            let problem = try WireCoding.decode(Problem.self, from: Data(answer.body.utf8))
            #expect(problem.status == status)
            #expect(problem.requestId?.isEmpty == false)
            #expect(!problem.detail.isEmpty)
        }

        @Test("a body that is larger than its route reads is 413")
        func tooLarge() async throws {
            let body = #"{"lineage":"\#(String(repeating: "x", count: 1 << 20))"}"#
            let socket = try Site.here.shared.folder.socket
            let answer = try await RawHTTP.ask(socket, "POST /v1/checkpoints", headers: ["Content-Type: application/json"], body: body)
            #expect(answer.status == 413, "\(answer.body)")
        }

        @Test(
            "a schedule that makes no sense is refused with its reason",
            arguments: [("Mars/Olympus", 1, "05:00"), ("UTC", 0, "05:00"), ("UTC", 8, "05:00"), ("UTC", 1, "25:00"), ("UTC", 1, "noon")])
        func schedules(_ zone: String, _ weekday: Int, _ time: String) async throws {
            let daemon = try Site.here.shared
            let name = "doors-\(zone.count)\(weekday)\(time.count)"
            try await daemon.with { client in _ = try await Evaluations(name, client: client) }
            func request(_ zone: String, _ weekday: Int, _ time: String, set: String) -> ScheduleRequest {
                ScheduleRequest(
                    name: name, timeZone: zone, isoWeekday: weekday, at: time, domainSet: set, lineages: [], enabled: false)
            }
            let problem = try await daemon.refusal { _ = try await $0.addSchedule(request(zone, weekday, time, set: name)) }
            #expect(problem?.status == 422, "\(problem?.detail ?? "accepted")")
            let unknown = try await daemon.refusal { _ = try await $0.addSchedule(request("UTC", 1, "05:00", set: "no-set")) }
            #expect(unknown?.status == 404)
            try await daemon.with { client in
                let view = try await client.addSchedule(request("UTC", 1, "05:00", set: name))
                #expect(view.isoWeekday == 1 && view.at == "05:00")
                let edited = try await client.addSchedule(request("Europe/Berlin", 7, "23:30", set: name))
                #expect(edited.timeZone == "Europe/Berlin")
                #expect(try await client.schedules().filter { $0.name == name }.count == 1)
            }
        }
    }
}
