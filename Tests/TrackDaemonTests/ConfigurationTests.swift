import FoundationEssentials
import Glibc
import Postgres
import Testing
import TrackCore

@testable import TrackDaemon

@Suite struct ConfigurationTests {
    private let folder = "/tmp/track-configuration-\(UUID().uuidString.prefix(13))"

    private func file(_ text: String, mode: mode_t = 0o600, name: String = "trackd.json") throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = folder + "/" + name
        try Data(text.utf8).write(to: URL(filePath: path))
        #expect(chmod(path, mode) == 0)
        return path
    }

    private func remove() { try? FileManager.default.removeItem(atPath: folder) }

    private func load(
        _ environment: [String: String] = [:], flags: [String: String] = [:], file: String? = nil, uid: UInt32 = 0
    ) async throws -> DaemonConfiguration {
        var environment = environment
        environment["TRACK_STATE_FOLDER"] = environment["TRACK_STATE_FOLDER"] ?? folder
        return try await DaemonConfiguration.load(flags: flags, file: file, environment: environment, uid: uid)
    }

    private func faults(_ environment: [String: String] = [:], flags: [String: String] = [:], file: String? = nil) async -> [String] {
        do {
            _ = try await load(environment, flags: flags, file: file)
            return []
        } catch let fault as ConfigurationFault {
            return fault.sentences
        } catch {
            return ["another error: \(error)"]
        }
    }

    @Test("a flag wins over the environment, the environment over the file, the file over the default; each says where it came from")
    func order() async throws {
        defer { remove() }
        let path = try file(#"{"track": {"http": {"port": 1003}, "jobs": {"retry": 7.5}, "log": {"level": "debug"}}}"#)
        let all = try await load(["TRACK_HTTP_PORT": "1002"], flags: ["http.port": "1001"])
        #expect(all.listener.port == 1001)
        let environment = try await load(["TRACK_HTTP_PORT": "1002"])
        #expect(environment.listener.port == 1002)
        let onlyFile = try await load()
        #expect(onlyFile.listener.port == 1003)
        #expect(onlyFile.retry == .milliseconds(7500))
        #expect(onlyFile.logLevel == .debug)
        func origin(_ configuration: DaemonConfiguration) -> String? { configuration.effective.first { $0.key == "http.port" }?.origin }
        #expect([origin(all), origin(environment), origin(onlyFile)] == ["flag", "environment", path])
        remove()
        let standard = try await load()
        #expect(standard.listener.port == 7450)
        #expect(standard.effective.filter { $0.key != "stateFolder" }.allSatisfy { $0.origin == "default" })
    }

    @Test(
        "a value that cannot be read stops the daemon and names its key and origin; nothing falls back silently",
        arguments: [
            ("TRACK_HTTP_PORT", "80b0", "http.port"), ("TRACK_HTTP_PORT", "70000", "http.port"), ("TRACK_JOBS_LEASE", "ten", "jobs.lease"),
            ("TRACK_WORKER_ENABLED", "maybe", "worker.enabled"), ("TRACK_LOG_LEVEL", "loud", "log.level"),
            ("TRACK_SCORING_DTYPE", "int3", "scoring.dtype"), ("TRACK_WORKER_POLL", "0", "worker.poll"),
            ("TRACK_SCORING_CONTEXT", "1", "scoring.context"), ("TRACK_SCORING_WINDOWS", "strided", "scoring.stride"),
            ("TRACK_SCORING_STRIDE", "64", "scoring.stride"), ("TRACK_SCORING_TOKENS", "some", "scoring.tokens"),
            ("TRACK_JOBS_RETRY", "nan", "jobs.retry"), ("TRACK_LIMITS_DOMAIN_SET", "-1", "limits.domainSet"),
        ])
    func unreadable(_ variable: String, _ value: String, _ key: String) async {
        let sentences = await faults([variable: value])
        #expect(sentences.count == 1)
        #expect(sentences.first?.contains("track.\(key)") == true)
    }

    @Test("every fault is told at once")
    func all() async {
        let sentences = await faults(["TRACK_HTTP_PORT": "x", "TRACK_LOG_LEVEL": "y", "TRACK_JOBS_LEASE": "z"])
        #expect(sentences.count == 3)
        #expect(sentences.filter { $0.contains("environment") }.count == 2)
    }

    @Test("a key that nothing reads, or that stands elsewhere than under \"track\", is an error; so is a file that is none")
    func unknownKeys() async throws {
        defer { remove() }
        let path = try file(#"{"track": {"http": {"prot": 7451}, "jobs": {}}, "log": {"level": "info"}}"#)
        let sentences = await faults()
        #expect(sentences.count == 2)
        #expect(sentences.contains { $0.contains("track.http.prot") && $0.contains(path) })
        #expect(sentences.contains { $0.contains("\"log\"") })
        _ = try file("{")
        #expect(await faults().first?.contains("JSON") == true)
        remove()
        #expect(await faults(file: "/nowhere/trackd.json").first?.contains("/nowhere/trackd.json") == true)
    }

    @Test("a beat longer than half a lease is refused, because living workers would lose their jobs")
    func beat() async throws {
        #expect(await faults(["TRACK_JOBS_LEASE": "10", "TRACK_JOBS_BEAT": "5.1"]).first?.contains("jobs.beat") == true)
        #expect(try await load(["TRACK_JOBS_LEASE": "10", "TRACK_JOBS_BEAT": "5"]).beat == .seconds(5))
    }

    @Test("secrets never appear among the settings that are shown")
    func secrets() async throws {
        defer { remove() }
        let secret = "whsec_" + Data((0..<32).map { UInt8($0) }).base64EncodedString()
        let path = try file(secret, name: "secret")
        let configuration = try await load([
            "TRACK_DATABASE_URL": "postgresql://u:password-1@127.0.0.1/db", "TRACK_ALERTS_WEBHOOK_URL": "https://example.org/hook-token-2",
            "TRACK_ALERTS_WEBHOOK_SECRET_FILE": path,
        ])
        #expect(configuration.databaseURL?.reveal().contains("password-1") == true)
        #expect(configuration.webhook?.secret.reveal() == secret)
        let shown = configuration.effective.map { "\($0)" }.joined() + "\(configuration)"
        for hidden in ["password-1", secret] { #expect(!shown.contains(hidden)) }
        #expect(!configuration.effective.contains { $0.value.contains("hook-token-2") })
    }

    @Test("a webhook needs an address that can be used and a secret that is private and long enough")
    func webhook() async throws {
        defer { remove() }
        let good = try file("whsec_" + Data((0..<32).map { UInt8($0) }).base64EncodedString(), name: "good")
        let open = try file("whsec_" + Data((0..<32).map { UInt8($0) }).base64EncodedString(), mode: 0o644, name: "open")
        let short = try file("whsec_AAAA", name: "short")
        func sentence(_ url: String?, _ secret: String?) async -> String? {
            var environment: [String: String] = [:]
            environment["TRACK_ALERTS_WEBHOOK_URL"] = url
            environment["TRACK_ALERTS_WEBHOOK_SECRET_FILE"] = secret
            return await faults(environment).first
        }
        #expect(await sentence("https://example.org/a", good) == nil)
        #expect(await sentence("https://example.org/a", nil)?.contains("secretFile") == true)
        #expect(await sentence(nil, good)?.contains("url") == true)
        #expect(await sentence("https://example.org/a", open)?.contains("chmod 600") == true)
        #expect(await sentence("http://example.org/a", good)?.contains("https") == true)
        #expect(await sentence("https://example.org/a", short) != nil)
        #expect(await sentence("https://example.org/a", folder + "/none")?.contains(folder) == true)
    }

    @Test("the state folder must be an absolute path")
    func stateFolder() async {
        #expect(await faults(["TRACK_STATE_FOLDER": "state"]).first?.contains("absolute") == true)
        #expect(await faults(flags: ["stateFolder": "state"]).first?.contains("absolute") == true)
    }

    @Test("folders of checkpoints must be absolute paths; in the environment commas stand between them")
    func checkpointRoots() async throws {
        defer { remove() }
        #expect(await faults(["TRACK_CHECKPOINTS_ROOTS": "/models,models"]).first?.contains("\"models\"") == true)
        let effective = try await load(["TRACK_CHECKPOINTS_ROOTS": "/models,/other"]).effective
        #expect(effective.first { $0.key == "checkpoints.roots" }?.value == "/models, /other")
    }

    @Test("docs/configuration.md lists every key with its default and its variable, and nothing else")
    func documentation() async throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/configuration.md")
        let text = String(decoding: try Data(contentsOf: page), as: UTF8.self)
        var documented: [String: (standard: String, variable: String)] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| `track.") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: [" ", "`"]) }
            documented[String(cells[0].dropFirst("track.".count))] = (cells[1], cells[2])
        }
        // In an environment that names no state folder of its own.
        let configuration = try await DaemonConfiguration.load(flags: [:], file: nil, environment: [:], uid: 0)
        let effective = Dictionary(uniqueKeysWithValues: configuration.effective.map { ($0.key, $0.value) })
        #expect(Set(documented.keys) == Set(effective.keys))
        for (key, value) in effective {
            let line = try #require(documented[key])
            if key == "stateFolder" || key == "scorecards.folder" { continue }  // described in words
            #expect(line.standard == (value.isEmpty ? "–" : value), "\(key)")
        }
        for (key, line) in documented {
            let snake = key.map { $0.isUppercase ? "_\($0)" : $0 == "." ? "_" : $0.uppercased() }.joined()
            #expect(line.variable == "TRACK_" + snake, "\(key)")
        }
    }
}

extension String {
    fileprivate func trimmingCharacters(in set: Set<Character>) -> String {
        var rest = self[...]
        while let first = rest.first, set.contains(first) { rest = rest.dropFirst() }
        while let last = rest.last, set.contains(last) { rest = rest.dropLast() }
        return String(rest)
    }
}

extension Substring {
    fileprivate func trimmingCharacters(in set: Set<Character>) -> String { String(self).trimmingCharacters(in: set) }
}
