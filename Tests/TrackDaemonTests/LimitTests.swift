import FoundationEssentials
import Glibc
import SystemPackage
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    /// How much, how fast, how long.
    @Suite struct LimitTests {
        private func json(_ more: String...) -> [String] { ["Content-Type: application/json"] + more }

        /// The bytes of a file that a shell command writes.
        private func output(of command: String, _ name: String) async throws -> [UInt8] {
            let file = try Site.here.root + "/" + name
            let program = try Program("/bin/sh", ["-c", "\(command) >'\(file)'"], environment: ["PATH": "/usr/bin:/bin"], log: "/dev/null")
            _ = try await program.ended()
            return Array(try Data(contentsOf: URL(filePath: file)))
        }

        private func request(_ route: String, _ headers: [String], body: [UInt8]) -> [UInt8] {
            let lines = ["\(route) HTTP/1.1", "Host: localhost", "Connection: close"] + headers
            return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
        }

        private func chunked(_ body: [UInt8]) -> [UInt8] {
            Array("\(String(body.count, radix: 16))\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8)
        }

        @Test(
            "a head that is too large is 431, an address that is too long 414, and neither reaches a route",
            arguments: [("X-Long: ", 1, 66_000, 431), ("X-Many", 200, 10, 431), ("", 0, 9000, 414)])
        func heads(_ name: String, _ count: Int, _ length: Int, _ status: Int) async throws {
            let filling = String(repeating: "a", count: length)
            let headers = (0..<count).map { count == 1 ? name + filling : "\(name)-\($0): \(filling)" }
            let answer = try await RawHTTP.ask(
                try Site.here.shared.address, count == 0 ? "GET /health?\(filling)" : "GET /health", headers: headers)
            #expect(answer.status == status, "\(answer.body)")
            #expect(answer.type == "application/problem+json")
        }

        @Test(
            "what is not HTTP is told so with 400",
            arguments: ["NONSENSE\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n"])
        func garbage(_ words: String) async throws {
            let answer = try await RawHTTP.say(Array(words.utf8), to: try Site.here.shared.address)
            #expect(answer.status == 400)
            #expect(answer.type == "application/problem+json")
        }

        @Test("a body that says that it is too large is refused before it is sent; one that does not say, as soon as it is")
        func declared() async throws {
            let socket = try Site.here.shared.folder.socket
            for (route, limit, type) in [
                ("POST /v1/checkpoints", 1 << 20, "application/json"), ("POST /v1/runs", 64 << 20, "application/json"),
                ("POST /v1/domain-sets/x/revisions", 4 << 30, "application/x-ndjson"), ("GET /v1/nowhere", 1 << 20, "text/plain"),
            ] {
                let head = request(route, ["Content-Type: \(type)", "Content-Length: \(limit + 1)"], body: [])
                let answer = try await RawHTTP.say(head, to: socket)
                #expect(answer.status == 413 , "\(route): \(answer.body)")
                #expect(answer.headers["connection"] == "close")
            }
            let body = [UInt8](repeating: UInt8(ascii: " "), count: 3 << 20)
            let answer = try await RawHTTP.say(
                request("POST /v1/checkpoints", json("Transfer-Encoding: chunked"), body: chunked(body)), to: socket)
            #expect(answer.status == 413, "\(answer.body)")
        }

        @Test("a run is read up to its own limit, beyond that of other bodies")
        func runs() async throws {
            let body = String(repeating: " ", count: 2 << 20)
            let answer = try await RawHTTP.ask(try Site.here.shared.folder.socket, "POST /v1/runs", headers: json(), body: body)
            #expect(answer.status == 422, "\(answer.body)")
        }

        @Test("gzip is unpacked; what unpacks to too much, is cut off, or is something else, is refused")
        func gzip() async throws {
            let socket = try Site.here.shared.folder.socket
            let encoded = json("Content-Encoding: gzip")
            func status(_ headers: [String], _ body: [UInt8], _ route: String = "POST /v1/checkpoints") async throws -> (Int, String) {
                let answer = try await RawHTTP.say(request(route, headers + ["Content-Length: \(body.count)"], body: body), to: socket)
                return (answer.status, answer.body)
            }
            let small = try await output(of: #"printf '{"lineage":7}' | gzip"#, "small.gz")
            let (read, said) = try await status(encoded, small)
            #expect(read == 422 && said.contains("/lineage"), "\(said)")
            let bomb = try await output(of: "head -c 50000000 /dev/zero | gzip -9", "bomb.gz")
            #expect(bomb.count < 60_000)
            // It would fit into a run's limit.
            #expect(try await status(encoded, bomb, "POST /v1/runs").0 == 413)
            // Within the ratio, and over the route's limit once it is unpacked.
            let large = try await output(of: "head -c 2000000 /dev/urandom | base64 -w 0 | gzip -1", "large.gz")
            #expect(try await status(encoded, large).0 == 413)
            #expect(try await status(encoded, small.dropLast(8)).0 == 422)
            #expect(try await status(encoded, small + [1, 2, 3]).0 == 422)
            #expect(try await status(encoded, Array(#"{"lineage":"x"}"#.utf8)).0 == 422)
            for other in ["br", "deflate", "zstd", "gzip, gzip", "x-gzip"] {
                #expect(try await status(json("Content-Encoding: \(other)"), small).0 == 415, "\(other)")
            }
            #expect(try await status(json("Content-Encoding: gzip", "Content-Encoding: gzip"), small).0 == 415)
            #expect(try await status(json("Content-Encoding: identity"), Array("{}".utf8)).0 == 422)
        }

        @Test("a body that ends before its time is recorded by nobody, and is no fault of the daemon")
        func cut() async throws {
            let daemon = try Site.here.shared
            let lines = #"{"kind":"documents","split":"val","seed":1,"domains":["a/b"]}"# + "\n" + #"{"domain":0,"text":"one"}"# + "\n"
            for headers in [["Content-Length: 100000"], ["Transfer-Encoding: chunked"]] {
                let descriptor = try RawHTTP.connect(daemon.folder.socket)
                let body =
                    headers[0].hasPrefix("T") ? Array("\(String(lines.utf8.count, radix: 16))\r\n\(lines)\r\n".utf8) : Array(lines.utf8)
                _ = try descriptor.writeAll(
                    request("POST /v1/domain-sets/cut/revisions", ["Content-Type: application/x-ndjson"] + headers, body: body))
                shutdown(descriptor.rawValue, Int32(SHUT_WR))
                let answer = try? RawHTTP.answer(on: descriptor)
                #expect(answer == nil || answer?.status == 400 || answer?.status == 422, "\(String(describing: answer))")
                try descriptor.close()
            }
            #expect(try await RawHTTP.ask(daemon.folder.socket, "GET /v1/domain-sets/cut").status == 404)
            #expect(!daemon.program.errors.contains("domain-sets/{name}/revisions"))
        }

        @Test("who is slow is told so and let go; who is served is not held up by it")
        func slowness() async throws {
            let daemon = try await Site.here.daemon(
                "slow",
                environment: ["TRACK_HTTP_HEAD_TIMEOUT": "0.3", "TRACK_HTTP_BODY_TIMEOUT": "0.3", "TRACK_HTTP_IDLE_TIMEOUT": "0.3"])
            for place in [daemon.address, daemon.folder.socket] {
                let head = try await RawHTTP.say(Array("GET /health HTTP/1.1\r\nHost: local".utf8), to: place)
                #expect(head.status == 408)
                let body = try await RawHTTP.say(request("POST /v1/runs", json("Content-Length: 100"), body: [123]), to: place)
                #expect(body.status == (place.hasPrefix("/") ? 408 : 401))
                // Nothing is owed on an unused connection, so that it is closed without a word.
                await #expect(throws: Problem.self) { try await RawHTTP.say([], to: place) }
                let kept = try await RawHTTP.say(Array("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8), to: place)
                #expect(kept.status == 200)
            }
            #expect(try await RawHTTP.ask(daemon.address, "GET /ready").status == 200)
            try await daemon.stop()
        }

        @Test("beyond the limit of connections the next ones wait their turn, and the other door stays open")
        func connections() async throws {
            let daemon = try await Site.here.daemon(
                "narrow", environment: ["TRACK_HTTP_CONNECTIONS": "16", "TRACK_HTTP_HEAD_TIMEOUT": "600"])
            func open() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon.program.pid)/fd").count }
            let before = try open()
            let idlers = try (0..<80).map { _ in try RawHTTP.connect(daemon.address) }
            let full = try await eventually { try open() >= before + 16 ? true : nil }
            #expect(full == true)
            #expect(try await RawHTTP.ask(daemon.folder.socket, "GET /ready").status == 200)
            // The kernel's queue is taken a few at a time.
            let overfull = try await eventually(within: .seconds(1)) { try open() > before + 40 ? true : nil }
            #expect(overfull == nil)
            for idler in idlers { try idler.close() }
            #expect(try await RawHTTP.ask(daemon.address, "GET /ready").status == 200)
            try await daemon.stop()
        }

        @Test("a client that sends too much waits, says the answer how long; others and signs of life do not")
        func rates() async throws {
            let daemon = try await Site.here.daemon(
                "rates",
                environment: [
                    "TRACK_LIMITS_CLAIMS": "1", "TRACK_LIMITS_WRITES": "1", "TRACK_LIMITS_READS": "1",
                    "TRACK_LIMITS_FAILED_AUTHENTICATIONS": "3",
                ])
            let token = try #require(try ClientToken.read(file: daemon.folder.adminToken))
            let (socket, address) = (daemon.folder.socket, daemon.address)
            /// The answers until one says to wait.
            func untilTooMany(_ route: String, _ headers: [String] = [], at place: String) async throws -> [RawHTTP.Answer] {
                var answers: [RawHTTP.Answer] = []
                while answers.last?.status != 429, answers.count < 200 {
                    answers.append(try await RawHTTP.ask(place, route, headers: headers))
                }
                return answers
            }
            for (route, headers) in [
                ("GET /v1/status", []), ("POST /v1/runs", json()), ("POST /v1/jobs/claim", json()), ("GET /ready", []),
            ] {
                let answers = try await untilTooMany(route, headers, at: route == "GET /ready" ? address : socket)
                #expect(answers.last?.status == 429, "\(route)")
                #expect(answers.last?.headers["retry-after"] == "1")
            }
            let beat = try await RawHTTP.ask(socket, "POST /v1/jobs/1/attempts/1/beat", headers: json(), body: "{}")
            #expect(beat.status != 429)

            let wrong = try await untilTooMany("GET /v1/status", ["Authorization: Bearer trk_wrong"], at: address)
            #expect(wrong.count > 3 && wrong.dropLast().allSatisfy { $0.status == 401 })
            #expect((1...20).contains(wrong.last?.headers["retry-after"].flatMap { Int($0) } ?? 0))
            // A valid token is not held up by the wrong ones of others behind the same address.
            let right = try await RawHTTP.ask(
                address, "POST /v1/jobs/1/attempts/1/beat", headers: json("Authorization: Bearer \(token)"), body: "{}")
            #expect(![401, 429].contains(right.status))
            try await daemon.stop()
        }
    }
}
