import FoundationEssentials
import Postgres
import TrackCore
import TrackStore
import TrackTestSupport

/// A database with a lineage, two runs, and short words for alerts about them.
struct AlertHouse: Sendable {
    let database: Database
    let lineage: Int64
    let checkpoints: [Int64]
    let runs: [RunID]
    let fingerprint = Digest(ofText: "ood_regression llama")

    static func open(_ body: @escaping @Sendable (AlertHouse) async throws -> Void) async throws {
        try await withTestDatabase { database in
            let house = try await database.write("test.record") { db in
                let made = try TestRecord.lineage("llama", checkpoints: 2, in: db)
                let revision = try TestRecord.revision(set: "held-out", in: db)
                let scoring = try ProtocolStore.id(of: ScoringProtocol(), in: db)
                let runs = try [0, 1, 1].map { index in
                    let run = RunID(UUID())
                    try TestRecord.run(run, checkpoint: made.checkpoints[index], revision: revision, scoring: scoring, in: db)
                    return run
                }
                return AlertHouse(database: database, lineage: made.lineage, checkpoints: made.checkpoints, runs: runs)
            }
            try await body(house)
        }
    }

    func write<R: Sendable>(_ body: @Sendable (Session) throws -> R) async throws -> R { try await database.write("test", body) }

    func evidence(_ summary: String = "OOD got worse", run index: Int = 1) -> AlertEvidence {
        AlertEvidence(summary: summary, checkpoint: checkpoints[1], run: runs[index], reference: runs[0])
    }

    /// Opens the alert and tells every sink of it.
    @discardableResult
    func fire(sinks: [String] = ["hook"]) async throws -> Int64? {
        try await write { db in
            let opened = try AlertStore.open(fingerprint, rule: "ood_regression", lineage: lineage, evidence(), in: db)
            guard let id = opened else { return nil }
            try NotificationStore.write(
                alert: id, .firing, body: #"{"n":1}"#, sinks: sinks, at: Timestamp(milliseconds: 1_795_222_800_000), in: db)
            return id
        }
    }

    func resolve(_ alert: Int64, sinks: [String] = ["hook"]) async throws {
        _ = try await write { db in
            guard try AlertStore.resolve(alert, reason: "OOD is back", run: runs[2], in: db) else { return }
            try NotificationStore.write(
                alert: alert, .resolved, body: #"{"n":2}"#, sinks: sinks, at: Timestamp(milliseconds: 1_795_222_900_000), in: db)
        }
    }

    func claim(limit: Int = 10, lease: Duration = .seconds(60)) async throws -> [DueNotification] {
        try await Outbox(database: database).claim(limit, lease)
    }

    func settle(_ notification: DueNotification, _ settlement: NotificationStore.Settlement) async throws -> Bool {
        try await Outbox(database: database).settle(notification, settlement)
    }

    func alerts(all: Bool = true) async throws -> [AlertView] {
        try await database.read("test") { try AlertStore.list(includeResolved: all, in: $0) }
    }
}
