import Logging
import Postgres
import ServiceLifecycle
import TrackAlerts
import TrackCore
import TrackReview
import TrackStore

/// Judges every lineage that has news: keeps the verdicts, moves the alert, publishes the card.
///
/// Everything but the card on disk happens in one transaction, so that a message is sent if and only if its alert changed. A crash in
/// between leaves the lineage on the list, and judging it again says the same.
struct Reviewer: Service {
    let database: Database
    let press: ScorecardPress
    /// Who is told when an alert opens or ends.
    let sinks: [String]
    let bell: ReviewBell
    let logger: Logger

    func run() async throws {
        await withGracefulShutdownHandler {
            for await _ in bell.rings { await reviewWhatIsDue() }
        } onGracefulShutdown: {
            bell.fallSilent()
        }
    }

    /// Each lineage once; one that fails is tried again at the next ring and stops no other.
    func reviewWhatIsDue() async {
        do {
            for due in try await database.read("review.due", { db in try ReviewQueue.due(in: db) }) {
                await review(due.lineage, generation: due.generation)
            }
        } catch {
            logger.warning("cannot look for lineages to review", metadata: ["error": "\(error)"])
        }
    }

    private func review(_ id: Int64, generation: Int64) async {
        do {
            let lineage = try await database.read("review.lineage") { db in try LineageStore.lineage(id, in: db) }
            guard let lineage else { return }
            let judgement = try await press.judge(lineage)
            let comparisons = judgement.comparisons
            let alerts = try await database.write("review.keep", timeout: .seconds(60)) { db in
                for comparison in comparisons { _ = try ComparisonStore.keep(comparison, in: db) }
                try AlertIntake.apply(judgement.newest, lineage: lineage, sinks: sinks, in: db)
                return try EvidenceLoader.alerts(of: lineage, in: db)
            }
            _ = try await press.publish(judgement.showing(alerts: alerts), week: nil)
            try await database.write("review.finish") { db in try ReviewQueue.finish(lineage: id, generation: generation, in: db) }
            logger.info(
                "lineage reviewed",
                metadata: ["lineage": "\(lineage.name)", "verdict": "\(judgement.newest?.sentence ?? "nothing to judge yet")"])
        } catch {
            logger.warning("a lineage could not be reviewed; it is tried again", metadata: ["lineage.id": "\(id)", "error": "\(error)"])
        }
    }
}

/// Wakes the reviewer: when somebody knows of news, and every few seconds in case nobody did.
final class ReviewBell: Sendable {
    let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let heartbeat: Task<Void, Never>

    init(every interval: Duration) {
        let (rings, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.rings = rings
        self.continuation = continuation
        continuation.yield()
        // Ends with the bell: it holds nothing but the continuation.
        heartbeat = Task {
            while (try? await Task.sleep(for: interval)) != nil { continuation.yield() }
        }
    }

    func ring() { continuation.yield() }

    func fallSilent() {
        heartbeat.cancel()
        continuation.finish()
    }

    deinit { heartbeat.cancel() }
}
