import ArgumentParser
import TrackClient

struct Sync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deliver what waits in this machine's spool now.",
        discussion: """
            Records get there when the daemon is away. What the daemon refuses for good goes to the spool's quarantine with its reason.
            """)

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let progress = ProgressLine(context)
        let total = try context.spool.waiting()
        let (delivery, stopError) = try await context.withClient { client in
            var done = 0
            return try await context.spool.deliver { record in
                done += 1
                progress.show("sending \(done) of \(total): \(record.label)")
                try await client.deliver(record)
            }
        }
        progress.clear()
        try context.show(delivery, as: output, summary)
        if let stopError { throw CommandFailure("Delivery stopped: \(stopError)", status: .of(stopError)) }
        if let first = delivery.refused.first {
            throw CommandFailure(
                "\(NumberText.counted(delivery.refused.count, "record")) stayed in the spool: \(first.reason)", status: .configuration)
        }
        if !delivery.quarantined.isEmpty {
            throw CommandFailure("The daemon refused \(NumberText.counted(delivery.quarantined.count, "record")); see the reasons above.")
        }
    }

    private func summary(_ delivery: SpoolDelivery) -> String {
        var lines = ["\(NumberText.counted(delivery.sent, "record")) delivered, \(delivery.waiting) waiting."]
        for record in delivery.quarantined { lines.append("✕ refused: \(record.reason)\n  \(record.file)") }
        return lines.joined(separator: "\n")
    }
}
