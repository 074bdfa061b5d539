import Postgres
import TrackClient
import TrackCore
import TrackStore

/// What `track status` shows.
struct StatusBoard: Sendable {
    let database: Database
    let startedAt: TrackCore.Timestamp

    func view() async throws -> StatusView {
        let (counts, epoch) = try await database.read("status") { db in
            (try StatusStore.counts(in: db), try EpochStore.current(in: db))
        }
        return StatusView(
            version: ProgramVersion.text, startedAt: startedAt, schemaVersion: Schema.version, epoch: epoch,
            checkpoints: counts.checkpoints, runs: counts.runs, jobs: counts.jobs, workers: counts.workers,
            firingAlerts: counts.firingAlerts,
            nextSlotAt: counts.nextSlotAt, attention: attention(counts))
    }

    private func attention(_ counts: StatusStore.Counts) -> [String] {
        var sentences = counts.failedJobs.map { "An evaluation failed: \($0)" }
        if counts.firingAlerts > 0 {
            sentences.append("\(counts.firingAlerts) alert\(counts.firingAlerts == 1 ? " is" : "s are") firing: `track alerts list`.")
        }
        if counts.undeliveredNotifications > 0 {
            sentences.append("\(counts.undeliveredNotifications) notifications are not delivered: `track alerts list` says why.")
        }
        if counts.nextSlotAt == nil { sentences.append("No weekly schedule is enabled: `track schedule add` makes one.") }
        return sentences
    }
}
