import ArgumentParser
import TrackClient

/// The root of the command line. What can be done is in `Commands`, one file per command.
struct Track: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "track",
        abstract: "Held-out perplexity of language model checkpoints, watched over time.",
        discussion: """
            It speaks to the daemon `trackd`, on this machine's state folder unless TRACK_URL says otherwise.

            TRACK_URL           http://host:port, https://host:port or unix:/path/to/trackd.sock
            TRACK_TOKEN_FILE    the token for http and https; only its owner may read the file (else the one that `track login` keeps)
            TRACK_STATE_FOLDER  the state folder (/var/lib/track for root, else ~/.local/state/track)

            Exit statuses: 0 done, 1 failed, 64 usage, 69 daemon unreachable, 74 a record could not be made durable, 78 configuration.
            """,
        version: "track \(ProgramVersion.text)",
        subcommands: [
            Add.self, List.self, Show.self, Compare.self, Status.self, Evaluate.self, Domains.self, Schedules.self, Jobs.self, Alerts.self,
            Report.self, Sync.self, Spools.self, Verify.self, Export.self, Import.self, Worker.self, Audit.self, Login.self, Logout.self,
            Doctor.self, Tokens.self, Mask.self,
        ])
}
