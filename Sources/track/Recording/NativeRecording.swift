import FoundationEssentials
import TrackClient
import TrackCore
import TrackEvaluators

/// Records runs in track's own form. They are complete records, so that each goes into the spool as it is read, and waits there for a daemon
/// that is away.
struct NativeRecording {
    let context: CommandContext
    let files: [String]
    let dryRun: Bool
    let strict: Bool
    let output: OutputOptions

    func run() async throws {
        let spool = dryRun ? nil : try context.spool()
        let (runs, skipped) = try await read(into: spool)
        guard runs > 0 else { throw CommandFailure("Nothing was recorded: no line was a run that could be taken.") }
        guard let spool else { return context.say("\(NumberText.counted(runs, "run")) would be recorded.") }
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
        if strict, skipped > 0 { throw CommandFailure("\(NumberText.counted(skipped, "line")) were skipped; see above.") }
    }

    /// - Returns: how many runs were read, and how many lines are none.
    private func read(into spool: Spool?) async throws -> (runs: Int, skipped: Int) {
        let line = ProgressLine(context)
        defer { line.clear() }
        let now = Timestamp(Date())
        var (runs, skipped) = (0, 0)
        do {
            try await NativeRuns.read(
                files, progress: RecordText.progress(line),
                skip: { place in
                    skipped += 1
                    if skipped <= ReportedTable.namedSkips { context.note("Skipped: " + place.description) }
                },
                take: { run in
                    try spool?.write(SpoolRecord(RecordRunRequest(run: run, attempt: nil), at: now))
                    runs += 1
                })
        } catch {
            guard spool != nil, runs > 0 else { throw error }
            throw CommandFailure(
                "\(error)\n\(NumberText.counted(runs, "run")) before that are in the spool: `track sync` delivers them, and the same "
                    + "command again records none twice.")
        }
        if skipped > ReportedTable.namedSkips { context.note("Skipped: \(NumberText.counted(skipped, "line")) in all.") }
        return (runs, skipped)
    }
}
