import FoundationEssentials
import TrackClient
import TrackCore

extension Daemon {
    /// Makes a token, by a word to the daemon that runs on this state folder.
    ///
    /// - Parameters:
    ///   - role: one of ``roles``.
    ///   - lifetime: as in `90d`; nil is for ever.
    /// - Returns: the token, which is never shown again, and what a person should know of it.
    package static func createToken(
        _ configuration: DaemonConfiguration, name: String, role: String, lifetime: String?
    ) async throws -> (token: String, note: String) {
        guard let role = Role(rawValue: role) else {
            throw ConfigurationFault(["There is no role \(role): it is one of \(roles.joined(separator: ", "))."])
        }
        let seconds = try lifetime.map(seconds(of:))
        let made = try await withOwnDaemon(configuration) { client in
            try await client.createToken(CreateTokenRequest(name: name, role: role, lifetimeSeconds: seconds))
        }
        let end = made.view.expiresAt.map { "until \(day($0))" } ?? "until it is revoked"
        return (
            made.token,
            "Token \(made.view.id) of \(made.view.name), \(made.view.role.rawValue), good \(end). It is shown this once: give it to "
                + "`track login`, or keep it in a file of mode 0600 for TRACK_TOKEN_FILE."
        )
    }

    /// The tokens for people and programs, without their secrets: as a table, or as the API's JSON.
    package static func listTokens(_ configuration: DaemonConfiguration, asJSON: Bool) async throws -> String {
        let tokens = try await withOwnDaemon(configuration) { try await $0.tokens() }
        if asJSON { return String(decoding: try WireCoding.encode(tokens, pretty: true), as: UTF8.self) }
        let rows = tokens.map { token in
            [
                token.id, token.name, token.role.rawValue, day(token.createdAt), token.expiresAt.map(day) ?? "never",
                token.lastUsedHour.map(hour) ?? "never", token.revokedAt.map { "revoked \(day($0))" } ?? "",
            ]
        }
        return aligned([["id", "name", "role", "created", "expires", "last used (UTC)", ""]] + rows)
    }

    /// Ends a token at once.
    ///
    /// - Returns: a sentence.
    package static func revokeToken(_ configuration: DaemonConfiguration, id: String) async throws -> String {
        let token = try await withOwnDaemon(configuration) { try await $0.revokeToken(id) }
        return "The token \(token.id) of \(token.name) lets nobody in any more."
    }

    package static var roles: [String] { Role.allCases.map(\.rawValue) }

    /// Speaks to the daemon over the Unix socket of its state folder, where its own user needs no token.
    private static func withOwnDaemon<Value: Sendable>(
        _ configuration: DaemonConfiguration, _ body: (DaemonClient) async throws -> Value
    ) async throws -> Value {
        let folder = configuration.stateFolder
        let file = try? SmallFile.contents(of: folder.addressFile, limit: 4096)
        let redirect = file.map { String(decoding: $0.bytes, as: UTF8.self).trimmingWhitespace() }
        do {
            return try await DaemonClient.with(
                try DaemonAddress.standard(environment: [:], folder: folder, redirect: redirect), token: nil, body)
        } catch let error as DaemonUnreachable {
            throw NotRunning(folder: folder, reason: error.reason)
        }
    }

    /// `90d`, `12h`, `30m` in seconds.
    private static func seconds(of lifetime: String) throws(ConfigurationFault) -> Int64 {
        let units: [Character: Int64] = ["m": 60, "h": 3600, "d": 86_400]
        guard let unit = lifetime.last.flatMap({ units[$0] }), let count = Int64(lifetime.dropLast()), count > 0,
            case let (seconds, overflow) = count.multipliedReportingOverflow(by: unit), !overflow
        else { throw ConfigurationFault(["\(lifetime) is no span of time: write for example 90d, 12h or 30m."]) }
        return seconds
    }

    private static func day(_ time: Timestamp) -> String { String(time.description.prefix(10)) }

    private static func hour(_ time: Timestamp) -> String { time.description.prefix(13).replacing("T", with: " ") + "h" }

    private static func aligned(_ rows: [[String]]) -> String {
        let columns = rows.first?.indices ?? 0..<0
        let widths = columns.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}

/// Tokens are rows of the daemon's database, so that only the running daemon can change them.
private struct NotRunning: Error, CustomStringConvertible {
    let folder: StateFolder
    let reason: DaemonUnreachable.Reason

    var description: String {
        switch reason {
        case .noPermission: "This user may not speak to the daemon of \(folder): run this as the user that started trackd."
        case .noSocket, .refused:
            "No daemon runs on the state folder \(folder), and tokens are made by the running one. Start it with `trackd serve`, or name "
                + "its state folder with --state-folder or TRACK_STATE_FOLDER."
        default: "The daemon of \(folder) does not answer. Look at its log, and try again."
        }
    }
}
