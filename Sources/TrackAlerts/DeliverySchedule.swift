import TrackStore

/// When a notification is tried again.
package struct DeliverySchedule: Hashable, Sendable {
    /// The waits after the first, second, … failed attempt. After the last of them a failure is for good.
    package var waits: [Duration]

    package init(waits: [Duration]) { self.waits = waits }

    /// As Standard Webhooks recommends: ten attempts over three days.
    package static let standard = DeliverySchedule(
        waits: [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map { .seconds($0) })

    /// What an attempt means for its notification.
    ///
    /// - Parameter attempt: 1 for the first.
    func settlement(of delivery: Sink.Delivery, attempt: Int) -> NotificationStore.Settlement {
        switch delivery {
        case .delivered: return .delivered
        case .gone(let reason): return .failed(reason: reason)
        case .retry(let asked, let reason):
            guard attempt >= 1, attempt <= waits.count else { return .failed(reason: "\(reason); given up after \(attempt) attempts") }
            let wait = waits[attempt - 1]
            return .retry(after: asked.map { max($0, wait) } ?? wait, reason: reason)
        }
    }
}
