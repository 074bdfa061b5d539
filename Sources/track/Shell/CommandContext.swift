import FoundationEssentials
import Glibc
import TrackClient
import TrackCore
import TrackEvaluators

/// What a command works with: the settings of this process, and where its words go.
struct CommandContext {
    let environment: [String: String]
    let folder: StateFolder
    let look: Look

    init() throws {
        environment = ProcessInfo.processInfo.environment
        guard let folder = StateFolder.standard(environment: environment, uid: geteuid()) else {
            throw ClientConfigurationError("No state folder is known, because HOME is not set: set TRACK_STATE_FOLDER.")
        }
        self.folder = folder
        look = Look(environment: environment, isTerminal: StandardStream.output.isTerminal)
    }

    /// For what is too much for memory.
    var temporaryFolder: String { environment["TMPDIR"] ?? "/var/tmp" }

    func spool() throws(ClientConfigurationError) -> Spool { try Spool(folder, environment: environment) }

    func address() throws -> DaemonAddress {
        // Whoever may not read the state folder may not open its socket either, and is told so by that.
        let file = try? SmallFile.contents(of: folder.addressFile, limit: 4096)
        let redirect = file.map { String(decoding: $0.bytes, as: UTF8.self).trimmingWhitespace() }
        return try DaemonAddress.standard(environment: environment, folder: folder, redirect: redirect)
    }

    func token(for address: DaemonAddress) throws -> String? {
        address.isNetwork ? try ClientToken.read(environment: environment, folder: folder, address: address) : nil
    }

    /// Where this user's tokens are kept.
    func logins() throws -> LoginFolder {
        guard let folder = LoginFolder(environment: environment) else {
            throw ClientConfigurationError("No folder for tokens is known, because HOME is not set: set XDG_CONFIG_HOME.")
        }
        return folder
    }

    /// What this machine can evaluate with.
    func evaluators(python: String? = nil) throws -> EvaluatorCatalog {
        do {
            return try EvaluatorCatalog(
                python: python, file: try evaluatorFile(), program: EvaluatorCatalog.program(beside: "track"), environment: environment)
        } catch let fault as EvaluatorFileFault {
            throw ClientConfigurationError(fault.description)
        }
    }

    /// What comes with track, for commands that start no other evaluator: no mistake in the evaluators' file stops them.
    func ownEvaluator() throws -> EvaluatorCatalog {
        try EvaluatorCatalog(file: .none, program: EvaluatorCatalog.program(beside: "track"), environment: environment)
    }

    func evaluatorFile() throws(ClientConfigurationError) -> EvaluatorFile {
        let named = environment[EvaluatorFile.variable].flatMap { $0.isEmpty ? nil : $0 }
        do {
            return try EvaluatorFile.read(named, stateFolder: folder)
        } catch {
            throw ClientConfigurationError(error.description)
        }
    }

    func withClient<Value: Sendable>(_ body: (DaemonClient) async throws -> Value) async throws -> Value {
        let address = try address()
        let authority = try CertificateAuthority.read(environment: environment)
        return try await DaemonClient.with(address, token: try token(for: address), authority: authority) { client in
            let value = try await body(client)
            hearEpoch(of: client)
            return value
        }
    }

    /// Every answer may be the one that tells of a restore. What goes wrong here, `track sync` says.
    private func hearEpoch(of client: DaemonClient) {
        guard let spool = try? spool(), let count = try? client.noteEpoch(in: spool), count > 0 else { return }
        note(SpoolText.replayed(count) + " `track sync` sends them now.")
    }

    /// Every command says on standard error when this machine's spool comes near its limits. A spool that cannot be read is named by the
    /// commands that need it.
    func warnOfSpool() {
        guard let room = try? spool().room(), let words = room.words else { return }
        let effect = room.isNone ? " Workers on this machine begin nothing until there is room." : ""
        note("! " + words.prefix(1).uppercased() + words.dropFirst() + ".\(effect) `track spool status` says more, `track sync` delivers.")
    }

    // MARK: - Words

    /// Writes lines for a person to standard output.
    func say(_ text: String) { StandardStream.output.write(look.spelled(text) + "\n") }

    /// Writes a line for a person to standard error.
    func note(_ text: String) { StandardStream.error.write(look.spelled(text) + "\n") }

    /// Writes the wire value, or its rendering.
    func show<Value: Encodable>(_ value: Value, as output: OutputOptions, _ render: (Value) -> String) throws {
        guard output.json else { return say(render(value)) }
        StandardStream.output.write(String(decoding: try WireCoding.encode(value, pretty: true), as: UTF8.self) + "\n")
    }
}
