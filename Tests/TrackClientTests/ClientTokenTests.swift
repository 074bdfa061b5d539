import Glibc
import Testing
import TrackClient
import TrackCore

@Suite struct ClientTokenTests {
    let scratch: ScratchFolder
    init() throws { scratch = try ScratchFolder() }

    private func read(_ environment: [String: String] = [:], at url: String = "http://127.0.0.1:7450") throws -> String? {
        try ClientToken.read(environment: environment, folder: StateFolder(path: scratch.path), address: try DaemonAddress(url))
    }

    @Test("the state folder's token is used when it is there, and may be missing")
    func standard() throws {
        #expect(try read() == nil)
        try scratch.write("admin-token", "secret-of-the-machine\n")
        #expect(try read() == "secret-of-the-machine")
    }

    @Test("TRACK_TOKEN_FILE wins, and must exist")
    func chosen() throws {
        try scratch.write("admin-token", "one")
        try scratch.write("other", "two")
        #expect(try read(["TRACK_TOKEN_FILE": scratch.path + "/other"]) == "two")
        #expect(throws: ClientConfigurationError.self) { try read(["TRACK_TOKEN_FILE": scratch.path + "/missing"]) }
    }

    @Test(
        "the state folder's token is for this very machine: it is shown to no other",
        arguments: [
            ("http://localhost:7450", true), ("https://127.0.0.1", true), ("http://[::1]:7450", true), ("http://track.example", false),
            ("http://127.0.0.1.example:7450", false), ("https://localhost.example", false),
        ])
    func elsewhere(_ url: String, _ isHere: Bool) throws {
        try scratch.write("admin-token", "secret-of-the-machine")
        #expect(try read(at: url) == (isHere ? "secret-of-the-machine" : nil))
    }

    @Test("what `track login` keeps is for its own address, and stands above the state folder's")
    func login() throws {
        let environment = ["XDG_CONFIG_HOME": scratch.path + "/config"]
        let logins = try #require(LoginFolder(environment: environment))
        try scratch.write("admin-token", "one")
        try logins.keep("two", for: try DaemonAddress("http://127.0.0.1:7450"))
        #expect(try read(environment) == "two")
        #expect(try read(environment, at: "http://127.0.0.1:7451") == "one")
        try logins.keep("three", for: try DaemonAddress("http://127.0.0.1:7450/"))
        #expect(try read(environment) == "three")
        #expect(try logins.forget(try DaemonAddress("http://127.0.0.1:7450")))
        #expect(try !logins.forget(try DaemonAddress("http://127.0.0.1:7450")))
        #expect(try read(environment) == "one")
    }

    @Test("a kept token is for its owner alone; once others may read it, it is refused")
    func loginModes() throws {
        let environment = ["HOME": scratch.path]
        let logins = try #require(LoginFolder(environment: environment))
        let address = try DaemonAddress("https://track.example:7450")
        try logins.keep("secret", for: address)
        let file = try #require(logins.file(for: address))
        #expect(file == scratch.path + "/.config/track/tokens/https%3A%2F%2Ftrack.example%3A7450")
        #expect(try SmallFile.contents(of: file, limit: 100)?.mode == 0o600)
        #expect(scratch.names(".config/track/tokens").count == 1)
        chmod(file, 0o640)
        #expect(throws: ClientConfigurationError.self) { try read(environment, at: "https://track.example:7450") }
    }

    @Test("a file that others may read is refused, with the command that mends it", arguments: [0o640, 0o604, 0o644, 0o620])
    func modes(_ mode: Int) throws {
        try scratch.write("admin-token", "secret", mode: mode)
        let error = try #require(throws: ClientConfigurationError.self) { try read() }
        #expect(error.description.contains("chmod 600"))
        #expect(CommandStatus.of(error) == .configuration)
    }

    @Test("a file without a single visible word is refused", arguments: ["", "\n\n", "two words", "a\u{1}b", "ü"])
    func contents(_ text: String) throws {
        try scratch.write("admin-token", text)
        #expect(throws: ClientConfigurationError.self) { try read() }
    }

    @Test("a folder in the place of the file is refused")
    func folder() throws {
        let folder = StateFolder(path: "/")
        let address = DaemonAddress.network("http://127.0.0.1:7450")
        #expect(throws: ClientConfigurationError.self) {
            try ClientToken.read(environment: ["TRACK_TOKEN_FILE": "/tmp"], folder: folder, address: address)
        }
    }
}
