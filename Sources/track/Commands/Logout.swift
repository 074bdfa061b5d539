import ArgumentParser
import TrackClient

struct Logout: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Forget the token that `track login` keeps for a daemon.",
        discussion: "The token itself stays good; `trackd token revoke` ends it.")

    @Argument(help: "The daemon's address. (default: TRACK_URL)")
    var url: String?

    func run() async throws {
        let context = try CommandContext()
        let address = try url.map { try DaemonAddress($0) } ?? context.address()
        let wasKept = try context.logins().forget(address)
        context.say(wasKept ? "The token for \(address) is forgotten on this machine." : "No token is kept for \(address).")
    }
}
