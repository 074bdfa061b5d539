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
            for await _ in bell.rings {
                let start = ContinuousClock.now
                guard await reviewWhatIsDue() else { continue }
                let pause = ReviewPace.pause(after: .now - start)
                // Ends at once when the daemon stops.
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
            }
        } onGracefulShutdown: {
            bell.fallSilent()
        }
    }

    /// Each lineage once; one that fails is tried again at the next ring and stops no other.
    ///
    /// - Returns: whether there was any.
    func reviewWhatIsDue() async -> Bool {
        do {
            let waiting = try await database.read("review.due") { db in try ReviewQueue.due(in: db) }
            for due in waiting { await review(due) }
            return !waiting.isEmpty
        } catch {
            logger.warning("cannot look for lineages to review", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func review(_ due: ReviewQueue.Due) async {
        let id = due.lineage
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
            try await database.write("review.finish") { db in try ReviewQueue.finish(due, in: db) }
            logger.info(
                "lineage reviewed",
                metadata: ["lineage": "\(lineage.name)", "verdict": "\(judgement.newest?.sentence ?? "nothing to judge yet")"])
        } catch {
            logger.warning("a lineage could not be reviewed; it is tried again", metadata: ["lineage.id": "\(id)", "error": "\(error)"])
        }
    }
}

/// How much of the time judging may take while runs stream in: a lineage with news every millisecond is as well judged every few seconds,
/// and recording needs the cores and the database more.
enum ReviewPace {
    /// A fifth of the time at most. News that come when all is quiet are judged at once.
    static func pause(after busy: Duration) -> Duration { min(max(busy * 4, .milliseconds(500)), .seconds(30)) }
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
