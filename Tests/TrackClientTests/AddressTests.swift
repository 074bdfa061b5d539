import Testing
import TrackClient
import TrackCore

@Suite struct AddressTests {
    @Test("the state folder follows TRACK_STATE_FOLDER, then the user, then the XDG rules")
    func stateFolder() {
        func path(_ environment: [String: String], _ uid: UInt32) -> String? {
            StateFolder.standard(environment: environment, uid: uid)?.path
        }
        #expect(path(["TRACK_STATE_FOLDER": "/srv/t/", "HOME": "/h"], 0) == "/srv/t")
        #expect(path(["HOME": "/root", "XDG_STATE_HOME": "/x"], 0) == "/var/lib/track")
        #expect(path(["HOME": "/h", "XDG_STATE_HOME": "/x"], 7) == "/x/track")
        #expect(path(["HOME": "/h", "XDG_STATE_HOME": "relative"], 7) == "/h/.local/state/track")
        #expect(path([:], 7) == nil)
    }

    @Test("TRACK_URL wins over the address file, and that over the socket of the state folder")
    func order() throws {
        let folder = StateFolder(path: "/s")
        #expect(try DaemonAddress.standard(environment: [:], folder: folder, redirect: nil) == .socket("/s/trackd.sock"))
        #expect(try DaemonAddress.standard(environment: [:], folder: folder, redirect: "/run/t.sock") == .socket("/run/t.sock"))
        #expect(
            try DaemonAddress.standard(environment: ["TRACK_URL": "http://localhost:7321/"], folder: folder, redirect: "/run/t.sock")
                == .network("http://localhost:7321"))
    }

    @Test("addresses of sockets are read in three spellings", arguments: ["/run/t.sock", "unix:/run/t.sock", "unix:///run/t.sock"])
    func sockets(_ text: String) throws {
        #expect(try DaemonAddress(text) == .socket("/run/t.sock"))
    }

    @Test(
        "what is no address is refused with the forms that are",
        arguments: [
            "localhost:7321", "ftp://x", "http://", "http://user@host", "http://host/path", "unix:relative", "http://a b",
            "http://a\u{1}b", "http://a\u{7f}",
            "/" + String(repeating: "x", count: 107),
        ])
    func refusals(_ text: String) {
        #expect(throws: ClientConfigurationError.self) { try DaemonAddress(text) }
    }

    @Test("parts of a path and of a query are percent-encoded")
    func encoding() {
        let route = Route(.get, ["v1", "checkpoint"], query: [("reference", "a/b@120 ä"), ("none", nil)])
        #expect(route.path == "/v1/checkpoint?reference=a%2Fb%40120%20%C3%A4")
        #expect(Route(.get, ["v1", "../x"]).path == "/v1/..%2Fx")
    }

    @Test(
        "where a token may go: to a socket, over https, and over http to this machine alone",
        arguments: [
            ("unix:/run/t.sock", true), ("https://track.example.org", true), ("http://localhost", true), ("http://localhost:7450", true),
            ("http://127.0.0.1:7450", true), ("http://127.8.8.8", true), ("http://[::1]:7450", true), ("http://192.168.1.5:7450", false),
            ("http://track.example.org", false), ("http://localhost.example.org", false), ("http://127.0.0.1.example.org", false),
            ("http://127.1", false), ("http://[::2]", false), ("http://0.0.0.0:7450", false),
        ])
    func confidential(_ text: String, _ isConfidential: Bool) throws {
        #expect(try DaemonAddress(text).isConfidential == isConfidential)
    }

    @Test("a token is not sent in clear text to another machine, and nothing is sent at all")
    func clearText() async throws {
        let address = try DaemonAddress("http://track.invalid:7450")
        let error = await #expect(throws: ClientConfigurationError.self) {
            try await DaemonClient.with(address, token: "trk_secret") { try await $0.health() }
        }
        #expect(error?.description.contains("https") == true)
        #expect(error?.description.contains("trk_secret") == false)
        // Without one there is nothing to protect.
        await #expect(throws: DaemonUnreachable.self) { try await DaemonClient.with(address, token: nil) { try await $0.health() } }
    }

    @Test("a file of certificates that cannot be used is named")
    func authorities() throws {
        let scratch = try ScratchFolder()
        #expect(try CertificateAuthority.read(environment: [:]) == nil)
        #expect(throws: ClientConfigurationError.self) { try CertificateAuthority(file: scratch.path + "/none.pem") }
        try scratch.write("text.pem", "not a certificate")
        let error = #expect(throws: ClientConfigurationError.self) {
            try CertificateAuthority.read(environment: ["TRACK_CA_FILE": scratch.path + "/text.pem"])
        }
        #expect(error?.description.contains("text.pem") == true)
    }
}
