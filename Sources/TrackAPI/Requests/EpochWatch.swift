package import Postgres
package import TrackCore
import TrackStore

/// The epoch of the history that answers come from.
///
/// A failover or a restore ends every connection, so that what was read while the newest connection is as old as the epoch holds for every
/// answer. It is read again when a connection was begun since, and every ten seconds in use, because a pooler in between may keep a
/// connection while the server behind it changes.
package actor EpochWatch {
    package typealias Reading = @Sendable () async throws -> Epoch

    private static let longestLife: Duration = .seconds(10)

    private let connectionsMade: @Sendable () -> Int
    private let read: Reading
    private var known: (epoch: Epoch, connections: Int, at: ContinuousClock.Instant)?

    package init(database: Database) {
        self.init(connectionsMade: { database.connectionsMade }) {
            try await database.read("epoch", timeout: .seconds(2)) { db in try EpochStore.current(in: db) }
        }
    }

    package init(connectionsMade: @escaping @Sendable () -> Int, read: @escaping Reading) {
        self.connectionsMade = connectionsMade
        self.read = read
    }

    /// The epoch of an answer that is ready, nil when it cannot be known now: an answer never carries an older epoch than its own.
    package func current() async -> Epoch? {
        if let known, known.connections == connectionsMade(), .now - known.at < Self.longestLife { return known.epoch }
        // Counted before it is read: what others begin meanwhile may lead elsewhere.
        let connections = connectionsMade()
        guard let epoch = try? await read() else { return nil }
        known = (epoch, connections, .now)
        return epoch
    }
}
