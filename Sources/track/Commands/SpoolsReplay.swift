import ArgumentParser
import FoundationEssentials
import TrackClient
import TrackCore

struct SpoolsReplay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Queue again what the daemon had acknowledged.",
        discussion: """
            After a restore or a failover this happens by itself. The daemon answers "duplicate" to what it has, so nothing is recorded \
            twice. `track sync` or a worker then sends the records.
            """)

    @Option(help: "Only what was sent within this time: 90m, 48h or 7d. (default: all that is kept)")
    var since: Age?

    func run() async throws {
        let context = try CommandContext()
        let time = since.map { Timestamp(Date()).adding(seconds: -$0.seconds) }
        let count = try context.spool().replay(since: time)
        context.say("\(NumberText.counted(count, "record")) queued again." + (count > 0 ? " `track sync` sends now." : ""))
    }

    /// A length of time as people write it.
    struct Age: ExpressibleByArgument {
        let seconds: Double

        init?(argument: String) {
            let units: [Character: Double] = ["m": 60, "h": 3600, "d": 86400]
            guard let unit = argument.last.flatMap({ units[$0] }), let count = Int64(argument.dropLast()), count > 0 else { return nil }
            seconds = Double(count) * unit
        }
    }
}
