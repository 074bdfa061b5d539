import FoundationEssentials
import NIOHTTP1
import Testing
import TrackCore
import TrackStore

@testable import TrackAlerts

@Suite struct WebhookTests {
    private let notification = DueNotification(
        id: UUID(uuidString: "0199A3C4-0000-7000-8000-000000000001")!, alert: 1, sink: "hook", kind: .firing,
        body: #"{"type":"alert.firing","data":{"summary":"Größe ≥ 3"}}"#, attempt: 1, fence: 1)

    private func deliver(to port: Int, timeout: Duration = .seconds(10), times: [Int64] = [1_795_222_800]) async throws -> [Sink.Delivery] {
        let client = WebhookClient(timeout: timeout)
        let secret = try WebhookSecret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
        let endpoint = try WebhookEndpoint("http://127.0.0.1:\(port)/hook?key=1")
        var deliveries: [Sink.Delivery] = []
        for time in times {
            let sink = Sink.webhook(name: "hook", to: endpoint, secret: secret, over: client) { Timestamp(milliseconds: time * 1000 + 999) }
            deliveries.append(try await sink.deliver(notification))
        }
        await client.shutDown()
        return deliveries
    }

    @Test("a webhook is posted as it is written, with the id of the notification and a signature for the time of the attempt")
    func headers() async throws {
        try await Receiver.withRunning([.status(500), .status(204)]) { receiver, port in
            let deliveries = try await deliver(to: port, times: [1_795_222_800, 1_795_222_805])
            #expect(deliveries == [.retry(after: nil, reason: "the receiver answered 500"), .delivered])
            let requests = receiver.requests
            #expect(requests.map(\.path) == ["/hook?key=1", "/hook?key=1"])
            #expect(requests.map(\.body) == [notification.body, notification.body])
            #expect(requests.flatMap { $0.headers["webhook-id"] } == Array(repeating: "0199a3c4-0000-7000-8000-000000000001", count: 2))
            #expect(requests.map { $0.headers["webhook-timestamp"] } == [["1795222800"], ["1795222805"]])
            // Both from Python's hmac, as in the test of the signature.
            #expect(requests.first?.headers["webhook-signature"] == ["v1,2hToVqYSnDFeL0+iOhsTZfJ1ZwP4S9IP3Df/cMjLE28="])
            #expect(requests.first?.headers["webhook-signature"] != requests.last?.headers["webhook-signature"])
            #expect(requests.first?.headers["content-type"] == ["application/json"])
        }
    }

    @Test("a redirect is not followed", arguments: [301, 302, 307, 308])
    func redirects(status: Int) async throws {
        try await Receiver.withRunning([.status(200)]) { other, otherPort in
            try await Receiver.withRunning([.status(status, headers: [("location", "http://127.0.0.1:\(otherPort)/")])]) { receiver, port in
                let deliveries = try await deliver(to: port)
                #expect(deliveries == [.retry(after: nil, reason: "the receiver answered \(status), and redirects are not followed")])
                #expect(receiver.requests.count == 1)
                #expect(other.requests.isEmpty)
            }
        }
    }

    @Test("a reply of any size is a reply")
    func longReply() async throws {
        try await Receiver.withRunning([.status(200, bodyBytes: 1 << 22)]) { _, port in
            let deliveries = try await deliver(to: port, times: [1, 2, 3])
            #expect(deliveries == [.delivered, .delivered, .delivered])
        }
    }

    @Test("a receiver that does not answer is given up in time")
    func silence() async throws {
        try await Receiver.withRunning([.silence]) { _, port in
            let deliveries = try await deliver(to: port, timeout: .milliseconds(50))
            #expect(deliveries == [.retry(after: nil, reason: "the receiver did not answer in time")])
        }
    }

    @Test("a receiver that is not there is tried again")
    func absent() async throws {
        let port = try await Receiver.withRunning([.status(200)]) { _, port in port }
        guard case .retry(nil, _) = try await deliver(to: port)[0] else {
            Issue.record("a refused connection is tried again")
            return
        }
    }

    @Test("410 and Retry-After are understood")
    func answers() async throws {
        try await Receiver.withRunning([.status(429, headers: [("Retry-After", "17")]), .status(410)]) { _, port in
            let deliveries = try await deliver(to: port, times: [1, 2])
            #expect(deliveries[0] == .retry(after: .seconds(17), reason: "the receiver answered 429"))
            #expect(deliveries[1] == .gone(reason: "the receiver answered 410: it wants no more of these"))
        }
    }
}
