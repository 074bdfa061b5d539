import Testing
import TrackClient
import TrackCore

@Suite struct ClientTokenTests {
    let scratch: ScratchFolder
    init() throws { scratch = try ScratchFolder() }

    private func read(_ environment: [String: String] = [:]) throws -> String? {
        try ClientToken.read(environment: environment, folder: StateFolder(path: scratch.path))
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
        #expect(throws: ClientConfigurationError.self) { try ClientToken.read(environment: ["TRACK_TOKEN_FILE": "/tmp"], folder: folder) }
    }
}
