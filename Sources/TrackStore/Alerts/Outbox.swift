package import Postgres

/// The outbox as its deliverer sees it.
package struct Outbox: Sendable {
    /// Takes at most so many notifications that are due, for the length of a lease.
    package let claim: @Sendable (_ limit: Int, _ lease: Duration) async throws -> [DueNotification]
    /// Writes down how a delivery ended; false when somebody else has taken the notification since.
    package let settle: @Sendable (DueNotification, NotificationStore.Settlement) async throws -> Bool

    package init(
        claim: @escaping @Sendable (_ limit: Int, _ lease: Duration) async throws -> [DueNotification],
        settle: @escaping @Sendable (DueNotification, NotificationStore.Settlement) async throws -> Bool
    ) {
        self.claim = claim
        self.settle = settle
    }

    package init(database: Database) {
        self.init(
            claim: { limit, lease in
                try await database.write("notification.claim") { try NotificationStore.claimDue(limit: limit, lease: lease, in: $0) }
            },
            settle: { notification, settlement in
                try await database.write("notification.settle") { try NotificationStore.settle(notification, settlement, in: $0) }
            })
    }
}
