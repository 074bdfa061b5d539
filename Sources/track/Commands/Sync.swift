import ArgumentParser
import TrackClient

struct Sync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deliver what waits in this machine's spool now.",
        discussion: """
            Records get there when the daemon is away. What the daemon refuses for good goes to the spool's quarantine with its reason. \
            When the daemon was restored to an older state, what it had acknowledged is sent again.
            """)

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let spool = try context.spool()
        let progress = ProgressLine(context)
        let (delivery, stopError) = try await context.withClient { client in
            // Its answer names the history of the daemon's database, which may queue records. Whether it is away is said below.
            let replayed = (try? await client.status()) == nil ? 0 : try client.noteEpoch(in: spool)
            let total = try spool.waiting()
            var done = 0
            var result = try await client.deliver(spool, atOnce: true) { entry in
                done += 1
                progress.show("sending \(done) of \(total): \(entry.label)")
            }
            result.delivery.replayed += replayed
            return result
        }
        progress.clear()
        try context.show(delivery, as: output) { SpoolText.delivery($0, context.look) }
        if let stopError { throw CommandFailure("Delivery stopped: \(stopError)", status: .of(stopError)) }
        if let first = delivery.refused.first {
            throw CommandFailure(
                "\(NumberText.counted(delivery.refused.count, "record")) stayed in the spool: \(first.reason)", status: .configuration)
        }
        if !delivery.quarantined.isEmpty {
            throw CommandFailure("The daemon refused \(NumberText.counted(delivery.quarantined.count, "record")); see the reasons above.")
        }
        if delivery.records.contains(where: { $0.outcome == .kept }) {
            throw CommandFailure("Some records could not be delivered now and stay in the spool; see the reasons above.")
        }
    }
}
