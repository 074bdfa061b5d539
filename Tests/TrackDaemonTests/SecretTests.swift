import FoundationEssentials
import Glibc
import Postgres
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    /// Secrets are planted wherever a person or a program could leave one, everything is made to fail, and everything that was written
    /// about it is searched.
    @Suite struct SecretTests {
        private static func planted(_ name: String) -> String { "planted-\(name)-\(UUID().uuidString.prefix(8))" }

        /// All regular files below a folder, but the places where secrets are kept.
        private func written(below folder: String, except kept: [String]) throws -> [(path: String, text: String)] {
            try FileManager.default.subpathsOfDirectory(atPath: folder).filter { path in !kept.contains { path.hasPrefix($0) } }
                .compactMap { path in
                    guard let data = FileManager.default.contents(atPath: folder + "/" + path) else { return nil }
                    return (path, String(decoding: data, as: UTF8.self))
                }
        }

        @Test("no planted secret is in any log line or answer, whatever fails")
        func daemon() async throws {
            let site = try Site.here
            let secrets = (
                key: Data((0..<32).map { _ in UInt8.random(in: 0...255) }).base64EncodedString(), hook: Self.planted("hook"),
                bearer: "trk_" + Self.planted("bearer"), query: Self.planted("query"), cookie: Self.planted("cookie"),
                body: Self.planted("body"))
            let keyFile = site.root + "/secret-hook"
            try Data("whsec_\(secrets.key)".utf8).write(to: URL(filePath: keyFile))
            chmod(keyFile, 0o600)
            let daemon = try await site.daemon(
                "secrets",
                environment: [
                    "TRACK_LOG_LEVEL": "debug", "TRACK_ALERTS_WEBHOOK_URL": "http://127.0.0.1:9/\(secrets.hook)",
                    "TRACK_ALERTS_WEBHOOK_SECRET_FILE": keyFile, "TRACK_HTTP_HEAD_TIMEOUT": "1",
                ])
            let admin = try #require(try ClientToken.read(file: daemon.folder.adminToken))

            var answers: [String] = []
            func provoke(_ routes: [String]) async throws {
                let headers = [
                    ["Authorization: Bearer \(secrets.bearer)"], ["Authorization: Basic \(secrets.bearer)"],
                    ["Authorization: Bearer \(admin)"],
                    ["Authorization: Bearer \(admin)", "Content-Type: application/json", "Cookie: session=\(secrets.cookie)"],
                    ["Authorization: Bearer \(admin)", "Origin: http://\(secrets.query).example"],
                    ["Authorization: Bearer \(admin)", "Content-Type: application/json", "Content-Encoding: gzip"],
                ]
                for route in routes {
                    for header in headers {
                        let body = #"{"run":{"id":"\#(secrets.body)"}}"#
                        answers.append(
                            try await RawHTTP.ask(daemon.address, "\(route)token=\(secrets.query)", headers: header, body: body).body)
                    }
                }
                for words in ["GET /?token=\(secrets.query)\r\n\r\n", "GET / HTTP/1.1\r\nAuthorization: Bearer \(secrets.bearer)"] {
                    answers.append(try await RawHTTP.say(Array(words.utf8), to: daemon.address).body)
                }
            }
            try await provoke([
                "GET /v1/checkpoint?reference=x/1&", "POST /v1/runs?", "GET /nowhere?", "POST /v1/jobs/claim?", "GET /v1/status?",
                "GET /ready?",
                "POST /v1/domain-sets/x/revisions?", "BREW /v1/status?",
            ])
            // An alert, so that the webhook is tried and fails.
            try await daemon.with { client in
                let evaluations = try await Evaluations("secrets", client: client)
                for step: Int64 in [0, 10] { try await evaluations.add(step, client: client) }
                _ = try await client.record(evaluations.run(0))
                _ = try await client.record(evaluations.run(10, factors: [0.9, 1.1, 1.1]))
            }
            let tried = try await eventually { daemon.program.errors.contains("was not delivered yet") ? true : nil }
            #expect(tried == true)
            // And what cannot be answered at all, since a table is gone.
            _ = try await daemon.read { db in try db.execute("ALTER TABLE lineage RENAME TO lineage_away") }
            try await provoke(["GET /v1/lineages?"])
            #expect(answers.contains { $0.contains("internal") })
            daemon.program.send(SIGTERM)
            _ = try await daemon.program.ended()

            var texts = try written(below: daemon.folder.path, except: ["admin-token", "postgres/data", "postgres/socket"])
            texts += [("the log", daemon.program.errors), ("the answers", answers.joined())]
            #expect(daemon.program.errors.contains("request failed"))
            for secret in [admin, secrets.key, secrets.hook, secrets.bearer, secrets.query, secrets.cookie] {
                for (path, text) in texts { #expect(!text.contains(secret), "\(secret) in \(path)") }
            }
            #expect(!daemon.program.errors.contains(secrets.body))
        }

        @Test(
            "a database's password is in no message about a database that does not answer",
            arguments: [
                "127.0.0.1:1/track", "127.0.0.1:1/track?sslmode=nonsense", "track.invalid/track?sslmode=verify-full&sslrootcert=/nowhere",
            ])
        func database(_ place: String) async throws {
            let password = Self.planted("password")
            let program = try RunningDaemon.start(
                StateFolder(path: try Site.here.root + "/no-database-\(UUID().uuidString.prefix(8))"),
                environment: ["TRACK_DATABASE_URL": "postgresql://track:\(password)@\(place)", "TRACK_LOG_LEVEL": "debug"])
            let status = try await program.ended()
            #expect(status != 0)
            #expect(program.errors.contains("trackd: "))
            #expect(!program.errors.contains(password), "\(program.errors)")
        }
    }
}
