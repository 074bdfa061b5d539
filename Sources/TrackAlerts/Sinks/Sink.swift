package import TrackStore

/// Somewhere that notifications go.
package struct Sink: Sendable {
    /// What came of one attempt.
    package enum Delivery: Hashable, Sendable {
        case delivered
        /// - after: what the receiver asked for, if it did.
        case retry(after: Duration?, reason: String)
        /// The receiver wants no more.
        case gone(reason: String)
    }

    /// As in the configuration and in the outbox.
    package let name: String
    /// An error counts as an attempt to be made again.
    package let deliver: @Sendable (DueNotification) async throws -> Delivery

    package init(name: String, deliver: @escaping @Sendable (DueNotification) async throws -> Delivery) {
        self.name = name
        self.deliver = deliver
    }
}
