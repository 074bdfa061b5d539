import FoundationEssentials
import Logging
import Postgres
import Synchronization
import Testing
import TrackCore
import TrackStore

@testable import TrackAlerts

@Suite struct OutboxTests {
    @Test("a notification that is taken is not due until its lease is over, and only its last taker settles it")
    func fence() async throws {
        try await AlertHouse.open { house in
            try await house.fire()
            let first = try #require(try await house.claim(lease: .zero).first)
            #expect(first.attempt == 1 && first.body == #"{"n":1}"# && first.kind == .firing)
            let second = try #require(try await house.claim(lease: .seconds(60)).first)
            #expect(second.id == first.id && second.attempt == 2)
            #expect(try await house.claim().isEmpty)
            #expect(try await house.settle(first, .delivered) == false)
            #expect(try await house.settle(second, .delivered) == true)
            #expect(try await house.settle(second, .failed(reason: "x")) == false)
            let view = try #require(try await house.alerts().first?.notifications.first)
            #expect(view.state == .delivered && view.attempts == 2 && view.deliveredAt != nil && view.lastError == nil)
        }
    }

    @Test("a sink is told once of an alert, however often the alert is written down")
    func once() async throws {
        try await AlertHouse.open { house in
            let alert = try #require(try await house.fire())
            let again = try await house.write { db in
                try NotificationStore.write(
                    alert: alert, .firing, body: #"{"n":1}"#, sinks: ["hook", "other"], at: Timestamp(milliseconds: 1_795_222_800_001),
                    in: db)
            }
            #expect(again == 1, "only the sink that did not know")
            #expect(try await house.claim().count == 2)
        }
    }

    @Test("a failed attempt waits, a failure for good ends it, and both say why")
    func settlements() async throws {
        try await AlertHouse.open { house in
            try await house.fire(sinks: ["a", "b"])
            for notification in try await house.claim() {
                let settlement: NotificationStore.Settlement =
                    notification.sink == "a" ? .retry(after: .seconds(300), reason: "no\0 answer") : .failed(reason: "gone")
                #expect(try await house.settle(notification, settlement))
            }
            #expect(try await house.claim().isEmpty)
            let views = try #require(try await house.alerts().first?.notifications)
            #expect(views.map(\.state) == [.pending, .failed])
            #expect(views.map(\.lastError) == ["no answer", "gone"])
        }
    }

    @Test("what was written while the clock stood ahead is due at once; what waits a day for its receiver is left to wait")
    func clockSetBack() async throws {
        try await AlertHouse.open { house in
            try await house.fire(sinks: ["stranded", "waiting"])
            try await house.write { db in
                try db.execute("UPDATE notification SET next_try_at = clock_timestamp() + interval '8 days' WHERE sink = 'stranded'")
                try db.execute("UPDATE notification SET next_try_at = clock_timestamp() + interval '1 day' WHERE sink = 'waiting'")
            }
            #expect(try await house.claim().map(\.sink) == ["stranded"])
            #expect(try await house.claim().isEmpty)
        }
    }

    @Test("that an alert is resolved is told after that it fired")
    func order() async throws {
        try await AlertHouse.open { house in
            let alert = try #require(try await house.fire())
            try await house.resolve(alert)
            let first = try await house.claim(lease: .zero)
            #expect(first.map(\.kind) == [.firing])
            #expect(try await house.settle(first[0], .delivered))
            let second = try await house.claim()
            #expect(second.map(\.kind) == [.resolved])
        }
    }

    @Test("many notifiers deliver each notification once, the same id at every attempt")
    func storm() async throws {
        try await AlertHouse.open { house in
            let sinkNames = (0..<30).map { "sink-\($0)" }
            try await house.fire(sinks: sinkNames)
            let calls = Mutex<[String: [UUID]]>([:])
            let sinks = sinkNames.map { name in
                Sink(name: name) { notification in
                    let count = calls.withLock { calls in
                        calls[name, default: []].append(notification.id)
                        return calls[name, default: []].count
                    }
                    if count == 1 { return .retry(after: nil, reason: "first") }
                    if count == 2 { throw CancellationError() }
                    return .delivered
                }
            }
            let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    let notifier = Notifier(
                        outbox: Outbox(database: house.database), sinks: sinks, schedule: DeliverySchedule(waits: [.zero, .zero]),
                        logger: quiet)
                    group.addTask { await notifier.deliverDue() }
                }
            }
            let all = calls.withLock { $0 }
            #expect(all.count == 30 && all.values.allSatisfy { $0.count == 3 && Set($0).count == 1 })
            let views = try #require(try await house.alerts().first?.notifications)
            #expect(views.allSatisfy { $0.state == .delivered && $0.attempts == 3 })
        }
    }

    @Test("a notification for a sink that is no more is tried like any other, and says so")
    func unknownSink() async throws {
        try await AlertHouse.open { house in
            try await house.fire(sinks: ["old"])
            let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            await Notifier(outbox: Outbox(database: house.database), sinks: [], logger: quiet).deliverDue()
            let view = try #require(try await house.alerts().first?.notifications.first)
            #expect(view.state == .pending && view.attempts == 1 && view.lastError == "no sink is called old any more")
        }
    }

    @Test("the log sink writes the body as one line")
    func logSink() async throws {
        let lines = Mutex<[String]>([])
        let logger = Logger(label: "test") { _ in Recorder { line in lines.withLock { $0.append(line) } } }
        let notification = DueNotification(id: UUID(), alert: 1, sink: "log", kind: .firing, body: #"{"n":1}"#, attempt: 1, fence: 1)
        #expect(try await Sink.log(logger: logger).deliver(notification) == .delivered)
        #expect(lines.withLock { $0 } == [#"warning {"n":1}"#])
    }
}

private struct Recorder: LogHandler {
    let record: @Sendable (String) -> Void
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    init(_ record: @escaping @Sendable (String) -> Void) { self.record = record }

    func log(event: LogEvent) { record("\(event.level) \(event.message)") }
}
