import ArgumentParser
import TrackClient
import TrackCore

struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep a token for a daemon that is reached over TCP.",
        discussion: """
            The token is asked for, or read from standard input, never given as an argument: others can read those. It is tried at the
            daemon and then kept below $XDG_CONFIG_HOME/track, readable by you alone. TRACK_URL says which daemon a command speaks to.

            Example: track login https://track.example.org:7450 < gpu-3.token
            """)

    @Argument(help: "https://host:port, or http://host:port on this machine.")
    var url: String

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let address = try DaemonAddress(url)
        guard address.isNetwork else { throw CommandFailure("Over the Unix socket no token is needed.", status: .usage) }
        let logins = try context.logins()
        guard let token = AccessToken(SecretPrompt.read("Token for \(address): ")) else {
            throw CommandFailure("That is no token: `trackd token create` makes one, which begins with trk_.")
        }
        let authority = try CertificateAuthority.read(environment: context.environment)
        let identity = try await DaemonClient.with(address, token: token.text, authority: authority) { try await $0.whoAmI() }
        try logins.keep(token.text, for: address)
        try context.show(identity, as: output) { identity in
            let end = identity.expiresAt.map { " until \(NumberText.time($0))" } ?? ""
            return "Logged in to \(address) as \(identity.name), \(identity.role.rawValue)\(end). "
                + "Commands go there with TRACK_URL=\(address)."
        }
    }
}
