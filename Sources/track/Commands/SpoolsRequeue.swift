import ArgumentParser
import TrackClient
import TrackCore

struct SpoolsRequeue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requeue", abstract: "Queue records of the quarantine again, once their reason is mended.")

    @Argument(help: "Which, by the ids that `track spool status` shows.", transform: SpoolsRequeue.id)
    var ids: [RunID] = []

    @Flag(help: "All of them.")
    var all = false

    func validate() throws {
        if all == !ids.isEmpty { throw ValidationError("Give the ids of records, or --all.") }
    }

    func run() async throws {
        let context = try CommandContext()
        let (records, unknown) = try context.spool().requeue(all ? nil : ids)
        var failures = unknown.map { "There is no record \($0) in quarantine." }
        for record in records {
            switch record {
            case .queued(let label): context.say("✓ \(label) queued again")
            case .unreadable(let file, let reason): failures.append("\(file) stays in quarantine. \(reason)")
            }
        }
        if records.isEmpty, all { context.say("The quarantine is empty.") }
        guard failures.isEmpty else { throw CommandFailure(failures.joined(separator: "\n")) }
    }

    private static func id(_ text: String) throws -> RunID {
        guard let id = RunID(text) else { throw ValidationError("\(text) is not the id of a record: a UUID of 36 characters.") }
        return id
    }
}
