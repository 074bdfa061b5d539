import FoundationEssentials
import Glibc
import Testing
import TrackCore

@testable import TrackDaemon

@Suite struct ListenerConfigurationTests {
    private let folder = "/tmp/track-listener-\(UUID().uuidString.prefix(13))"

    private func load(_ environment: [String: String]) async throws -> ListenerConfiguration {
        var environment = environment
        environment["TRACK_STATE_FOLDER"] = folder
        return try await DaemonConfiguration.load(flags: [:], file: nil, environment: environment, uid: 0).listener
    }

    private func fault(_ environment: [String: String]) async -> String? {
        do {
            _ = try await load(environment)
            return nil
        } catch let fault as ConfigurationFault {
            return fault.description
        } catch {
            return "another error: \(error)"
        }
    }

    @Test("only this machine's own addresses are listened on without TLS", arguments: ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
    func loopback(_ address: String) async throws {
        let listener = try await load(["TRACK_HTTP_ADDRESS": address])
        #expect(listener.address == address)
        #expect(listener.hosts.isSuperset(of: ["localhost", "127.0.0.1", "[::1]"]))
    }

    @Test(
        "an address that others can reach is refused, and the sentence says what to do",
        arguments: [
            "0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "track.example.org", "127.0.0.1.example.org", "127.evil", "::ffff:127.0.0.1",
        ])
    func reachable(_ address: String) async throws {
        let sentence = try #require(await fault(["TRACK_HTTP_ADDRESS": address]))
        for part in [address, "http.tls.certificate", "http.tls.key", "http.behindProxy"] { #expect(sentence.contains(part), "\(part)") }
        #expect(try await load(["TRACK_HTTP_ADDRESS": address, "TRACK_HTTP_BEHIND_PROXY": "true"]).tls == nil)
        #expect(await fault(["TRACK_HTTP_ADDRESS": address, "TRACK_HTTP_ENABLED": "false"]) == nil)
    }

    @Test("further names are listed with commas, or as a list in the file; the chosen address is one of them")
    func hosts() async throws {
        let listener = try await load(["TRACK_HTTP_HOSTS": "track.example.org,other", "TRACK_HTTP_ADDRESS": "127.0.0.2"])
        #expect(listener.hosts == ["localhost", "127.0.0.1", "[::1]", "127.0.0.2", "track.example.org", "other"])
        let everywhere = try await load(["TRACK_HTTP_ADDRESS": "::", "TRACK_HTTP_BEHIND_PROXY": "true"])
        #expect(everywhere.hosts == ["localhost", "127.0.0.1", "[::1]"])
        #expect(await fault(["TRACK_HTTP_HOSTS": "https://track.example.org"])?.contains("without scheme") == true)
    }

    @Test("certificate and key are read at the start, and what is wrong with them is said with their names")
    func files() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let made = try Certificates(in: folder)
        try made.authority("ca")
        try made.certificate("one", by: "ca", for: "DNS:localhost")
        try made.certificate("two", by: "ca", for: "DNS:localhost")
        func fault(_ certificate: String?, _ key: String?) async -> String? {
            var environment: [String: String] = ["TRACK_HTTP_ADDRESS": "0.0.0.0"]
            environment["TRACK_HTTP_TLS_CERTIFICATE"] = certificate.map(made.path)
            environment["TRACK_HTTP_TLS_KEY"] = key.map(made.path)
            return await self.fault(environment)
        }
        #expect(await fault("one.pem", "one.key") == nil)
        #expect(await fault("one.pem", "two.key")?.contains("does not belong") == true)
        #expect(await fault("one.pem", nil)?.contains("http.tls.key") == true)
        #expect(await fault(nil, "one.key")?.contains("http.tls.certificate") == true)
        #expect(await fault("none.pem", "one.key")?.contains("none.pem") == true)
        #expect(await fault("one.key", "one.key")?.contains("not a certificate") == true)
        #expect(await fault("one.pem", "one.pem")?.contains("one.pem") == true)
        chmod(made.path("two.key"), 0o640)
        #expect(await fault("two.pem", "two.key")?.contains("chmod 600") == true)
        chmod(made.path("two.key"), 0o604)
        #expect(await fault("two.pem", "two.key")?.contains("chmod 600") == true)
    }

    @Test("a certificate whose time is over or nearly over is named; the daemon works all the same")
    func expiry() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let made = try Certificates(in: folder)
        try made.authority("ca")
        try made.certificate("long", by: "ca", for: "DNS:localhost", days: 100)
        let files = try TLSFiles(certificate: made.path("long.pem"), key: made.path("long.key"))
        let now = Int64(Date().timeIntervalSince1970)
        #expect(files.warning(now: now) == nil)
        #expect(files.warning(now: now + 90 * 86400 + 3600)?.contains("expires in 9 days") == true)
        #expect(files.warning(now: now + 101 * 86400)?.contains("has expired") == true)
        #expect(files.warning(now: now - 86400)?.contains("not valid yet") == true)
    }

    @Test("evaluators never run as root, and who should run them is asked before the daemon starts", .enabled(if: geteuid() == 0))
    func evaluatorUser() async {
        for user in ["root", "no-such-user"] {
            #expect(await fault(["TRACK_EVALUATOR_USER": user])?.contains("track.evaluator.user") == true)
            #expect(await fault(["TRACK_EVALUATOR_USER": user, "TRACK_WORKER_ENABLED": "false"]) == nil)
        }
    }

    @Test("a secret is for its owner alone; only in systemd's own folder the mask of an access list is none of a group's rights")
    func secrets() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = folder + "/secret"
        try Data("x".utf8).write(to: URL(filePath: path))
        func isRead(_ mode: mode_t, credentials: String?) -> Bool {
            chmod(path, mode)
            return (try? PlainFile.contents(of: path, limit: 10, isSecret: true, credentials: credentials)) == [UInt8(ascii: "x")]
        }
        #expect(isRead(0o600, credentials: nil))
        #expect(!isRead(0o640, credentials: nil) && !isRead(0o604, credentials: nil) && !isRead(0o640, credentials: folder + "/sec"))
        #expect(isRead(0o440, credentials: folder))
        #expect(!isRead(0o444, credentials: folder) && !isRead(0o460, credentials: folder))
    }

    @Test("more connections than the system lets trackd open files for are refused at start, with what to do")
    func descriptors() throws {
        try DescriptorLimit.raise(for: 16)
        let fault = #expect(throws: DescriptorLimit.Fault.self) { try DescriptorLimit.raise(for: 1 << 40) }
        #expect(fault?.description.contains("LimitNOFILE") == true)
    }

    @Test("a folder that somebody else made, or may write, is not taken for the daemon's own")
    func privateFolder() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try StateFolderSetup.privateFolder(folder + "/own")
        try StateFolderSetup.privateFolder(folder + "/own")
        try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: folder + "/own")
        #expect(throws: StateFolderSetup.Fault.self) { try StateFolderSetup.privateFolder(folder + "/link") }
        chmod(folder + "/own", 0o770)
        #expect(throws: StateFolderSetup.Fault.self) { try StateFolderSetup.privateFolder(folder + "/own") }
        chmod(folder + "/own", 0o700)
        if geteuid() == 0 {
            chown(folder + "/own", 65534, 65534)
            #expect(throws: StateFolderSetup.Fault.self) { try StateFolderSetup.privateFolder(folder + "/own") }
        }
    }

    @Test("only the daemon's own user and root may use the Unix socket; a caller who is not known may not")
    func peers() {
        #expect(SocketPeer.refusal(of: 1000, own: 1000) == nil)
        #expect(SocketPeer.refusal(of: 0, own: 1000) == nil)
        for stranger: UInt32? in [1001, 65534, nil] {
            #expect(SocketPeer.refusal(of: stranger, own: 1000)?.status == 403)
            #expect(SocketPeer.refusal(of: stranger, own: 0)?.status == 403)
        }
    }

    @Test("a configuration file that somebody else could have written is refused", arguments: [0o620, 0o602, 0o666])
    func strangers(_ mode: Int) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = folder + "/trackd.json"
        try Data("{}".utf8).write(to: URL(filePath: path))
        chmod(path, 0o644)
        #expect(ConfigurationFile.strangers(to: path) == [])
        chmod(path, mode_t(mode))
        #expect(ConfigurationFile.strangers(to: path).first?.contains("chmod go-w \(path)") == true)
        chmod(path, 0o644)
        if geteuid() == 0 {
            chown(path, 65534, 65534)
            #expect(ConfigurationFile.strangers(to: path).first?.contains("65534") == true)
        }
    }
}
