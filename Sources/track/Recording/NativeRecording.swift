import FoundationEssentials
import TrackClient
import TrackCore
import TrackEvaluators

/// Records runs in track's own form. They are complete records, so that they go through the spool and wait there for a daemon that is away.
struct NativeRecording {
    let context: CommandContext
    let files: [String]
    let dryRun: Bool
    let strict: Bool
    let output: OutputOptions

    func run() async throws {
        let (runs, skipped) = try await NativeRuns.read(files)
        for place in skipped { context.note("Skipped: " + place.description) }
        guard !runs.isEmpty else { throw CommandFailure("Nothing was recorded: no line was a run that could be taken.") }
        if dryRun { return context.say("\(NumberText.counted(runs.count, "run")) would be recorded.") }
        let spool = try context.spool()
        let now = Timestamp(Date())
        for run in runs { try spool.write(SpoolRecord(RecordRunRequest(run: run, attempt: nil), at: now)) }
        let (delivery, stopError) = try await context.withClient { client in try await client.deliver(spool, atOnce: true) }
        try context.show(delivery, as: output) { SpoolText.delivery($0, context.look) }
        if let stopError {
            throw CommandFailure(
                "\(stopError)\n\(NumberText.counted(delivery.waiting, "record")) are in the spool and will be delivered by `track sync`.",
                status: .of(stopError))
        }
        if let refused = delivery.quarantined.first {
            throw CommandFailure("The daemon refused \(NumberText.counted(delivery.quarantined.count, "run")): \(refused.reason)")
        }
        if strict, !skipped.isEmpty { throw CommandFailure("\(NumberText.counted(skipped.count, "line")) were skipped; see above.") }
    }
}
