package import Logging
import ServiceLifecycle
package import TrackStore

/// Delivers what is in the outbox. Any number of daemons may do so at once.
package struct Notifier: Service {
    /// Longer than any sink takes for one attempt.
    private static let lease = Duration.seconds(60)
    private static let batch = 8

    private let outbox: Outbox
    private let sinks: [String: Sink]
    private let schedule: DeliverySchedule
    private let interval: Duration
    private let logger: Logger

    /// - Parameter sinks: of two with one name the last counts.
    package init(
        outbox: Outbox, sinks: [Sink], schedule: DeliverySchedule = .standard, interval: Duration = .seconds(2), logger: Logger
    ) {
        self.outbox = outbox
        self.sinks = Dictionary(sinks.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        self.schedule = schedule
        self.interval = interval
        self.logger = logger
    }

    package func run() async throws {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            await deliverDue()
            // Ends early when the service is told to stop.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: interval) }
        }
    }

    /// Delivers everything that is due now.
    package func deliverDue() async {
        do {
            while !Task.isCancelled {
                let due = try await outbox.claim(Self.batch, Self.lease)
                guard !due.isEmpty else { return }
                await withTaskGroup(of: Void.self) { group in
                    for notification in due { group.addTask { await deliver(notification) } }
                }
            }
        } catch {
            logger.warning("cannot read the outbox", metadata: ["error": "\(error)"])
        }
    }

    private func deliver(_ notification: DueNotification) async {
        let settlement = schedule.settlement(of: await attempt(notification), attempt: notification.attempt)
        let metadata: Logger.Metadata = [
            "notification": "\(notification.id)", "alert": "\(notification.alert)", "sink": "\(notification.sink)",
            "attempt": "\(notification.attempt)",
        ]
        do {
            guard try await outbox.settle(notification, settlement) else { return }
            switch settlement {
            case .delivered: logger.info("a notification was delivered", metadata: metadata)
            case .retry(_, let reason):
                logger.warning("a notification was not delivered yet", metadata: metadata.merging(["reason": "\(reason)"]) { $1 })
            case .failed(let reason):
                logger.error("a notification was given up", metadata: metadata.merging(["reason": "\(reason)"]) { $1 })
            }
        } catch {
            logger.warning("cannot settle a notification", metadata: metadata.merging(["error": "\(error)"]) { $1 })
        }
    }

    private func attempt(_ notification: DueNotification) async -> Sink.Delivery {
        guard let sink = sinks[notification.sink] else {
            return .retry(after: nil, reason: "no sink is called \(notification.sink) any more")
        }
        do {
            return try await sink.deliver(notification)
        } catch {
            return .retry(after: nil, reason: "the attempt was broken off")
        }
    }
}
