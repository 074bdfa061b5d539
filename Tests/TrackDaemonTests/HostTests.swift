import FoundationEssentials
import Glibc
import SystemPackage
import Testing
import TrackClient
import TrackCore

@testable import TrackAPI

extension DaemonTests {
    /// What a web page, or somebody on the network, may make of the daemon: nothing.
    @Suite struct HostTests {
        @Test(
            "another host's name is refused on every route and on both doors, so that no name can be pointed here",
            arguments: [
                "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:80", "[::2]", "",
                "localhost, evil.example",
                "evil.example@localhost",
            ])
        func foreignHost(_ host: String) async throws {
            let daemon = try Site.here.shared
            for place in [daemon.address, daemon.folder.socket] {
                for route in ["GET /health", "GET /ready", "GET /v1/status", "POST /v1/runs", "GET /nowhere"] {
                    let answer = try await RawHTTP.ask(place, route, host: host)
                    #expect([421, 400].contains(answer.status), "\(route) \(host): \(answer.body)")
                }
            }
        }

        @Test(
            "its own names are answered, with a port and without",
            arguments: ["localhost", "LOCALHOST:7450", "127.0.0.1", "[::1]:1", "[::1]"])
        func ownHost(_ host: String) async throws {
            #expect(try await RawHTTP.ask(try Site.here.shared.address, "GET /health", host: host).status == 200)
        }

        @Test("two Host fields, or none, are no request")
        func hosts() async throws {
            let daemon = try Site.here.shared
            #expect(try await RawHTTP.ask(daemon.address, "GET /health", headers: ["Host: evil.example"]).status == 421)
            let none = try await RawHTTP.say(Array("GET /health HTTP/1.1\r\nConnection: close\r\n\r\n".utf8), to: daemon.address)
            #expect([400, 421].contains(none.status))
        }

        @Test(
            "a page of another site gets nothing, also with the token and over the socket",
            arguments: [
                "http://evil.example", "https://localhost.evil.example", "null", "http://localhost:1", "file://", "http://127.0.0.1",
            ])
        func foreignOrigin(_ origin: String) async throws {
            let daemon = try Site.here.shared
            let token = try #require(try ClientToken.read(file: daemon.folder.adminToken))
            let headers = ["Origin: \(origin)", "Authorization: Bearer \(token)"]
            for route in ["GET /health", "GET /v1/status", "POST /v1/runs", "OPTIONS /v1/runs"] {
                #expect(try await RawHTTP.ask(daemon.address, route, headers: headers).status == 403, "\(route)")
                #expect(try await RawHTTP.ask(daemon.folder.socket, route, headers: headers).status == 403, "\(route)")
            }
        }

        @Test("a page that the daemon itself has served is not foreign")
        func ownOrigin() async throws {
            #expect(HostMiddleware.isOwn("http://localhost:7450", authority: "localhost:7450"))
            #expect(!HostMiddleware.isOwn("http://localhost:7451", authority: "localhost:7450"))
            let answer = try await RawHTTP.ask(
                try Site.here.shared.address, "GET /health", host: "localhost:9", headers: ["Origin: http://localhost:9"])
            #expect(answer.status == 200)
        }

        @Test(
            "every answer is kept by nobody, guessed at by nobody, and sets no cookie",
            arguments: ["GET /health", "GET /nowhere", "GET /v1/status"])
        func headers(_ route: String) async throws {
            let daemon = try Site.here.shared
            for place in [daemon.address, daemon.folder.socket] {
                let answer = try await RawHTTP.ask(place, route)
                #expect(answer.headers["cache-control"] == "no-store")
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                #expect(answer.headers["set-cookie"] == nil)
                #expect(answer.headers["access-control-allow-origin"] == nil)
            }
        }

        @Test("a page comes with a policy that runs nothing")
        func pages() async throws {
            let daemon = try Site.here.shared
            let card = try await daemon.with { client in
                let evaluations = try await Evaluations("hosts", client: client)
                try await evaluations.add(0, client: client)
                return try #require(try await client.publishScorecards(ReportRequest(lineage: "hosts", week: nil)).first)
            }
            let answer = try await RawHTTP.ask(daemon.folder.socket, "GET /v1/scorecards/hosts/\(card.week).html")
            #expect(answer.type == "text/html; charset=utf-8")
            let policy = try #require(answer.headers["content-security-policy"])
            for part in ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
                #expect(policy.contains(part))
            }
            #expect(!policy.contains("script"))
        }

        @Test("over the socket only the daemon's own user is served, whatever the socket's mode", .enabled(if: geteuid() == 0))
        func otherUser() async throws {
            let daemon = try await Site.here.daemon("peer")
            chmod(daemon.folder.path, 0o755)
            chmod(daemon.folder.socket, 0o666)
            func code(as user: [String]) async throws -> String {
                let file = daemon.folder.path + ".answer"
                let program = try Program(
                    "/bin/sh",
                    [
                        "-c",
                        "\(user.joined(separator: " ")) curl -s -o /dev/null -w '%{http_code}' "
                            + "--unix-socket '\(daemon.folder.socket)' http://localhost/v1/status >'\(file)'",
                    ],
                    environment: ["PATH": "/usr/bin:/bin"], log: "/dev/null")
                _ = try await program.ended()
                return String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
            }
            #expect(try await code(as: []) == "200")
            #expect(try await code(as: ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]) == "403")
            try await daemon.stop()
        }
    }
}
