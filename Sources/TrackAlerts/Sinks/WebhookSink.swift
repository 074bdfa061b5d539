import AsyncHTTPClient
import FoundationEssentials
package import TrackCore
import TrackStore

extension Sink {
    /// Posts each notification, signed by the rules of Standard Webhooks: the id stays the same over all attempts, the time is that of the
    /// attempt.
    ///
    /// - Parameter now: the wall clock, by which a receiver tells an old message that somebody sends again.
    package static func webhook(
        name: String, to endpoint: WebhookEndpoint, secret: WebhookSecret, over client: WebhookClient,
        now: @escaping @Sendable () -> Timestamp = { Timestamp(Date()) }
    ) -> Sink {
        Sink(name: name) { notification in
            let id = notification.id.uuidString.lowercased()
            let timestamp = now().milliseconds / 1000
            let headers = [
                ("content-type", "application/json"), ("user-agent", "track"), ("webhook-id", id), ("webhook-timestamp", "\(timestamp)"),
                ("webhook-signature", secret.signature(id: id, timestamp: timestamp, body: notification.body)),
            ]
            do {
                return WebhookReply.delivery(of: try await client.post(notification.body, to: endpoint, headers: headers))
            } catch let error as HTTPClientError {
                return .retry(after: nil, reason: WebhookReply.reason(of: error))
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                return .retry(after: nil, reason: "the receiver could not be reached")
            }
        }
    }
}

/// What a receiver's reply means.
enum WebhookReply {
    /// Success is 2xx alone; 410 asks for an end; all else is tried again, because most of it is a receiver that is being repaired.
    static func delivery(of reply: WebhookClient.Reply) -> Sink.Delivery {
        switch reply.status {
        case 200..<300: .delivered
        case 410: .gone(reason: "the receiver answered 410: it wants no more of these")
        case 300..<400: .retry(after: nil, reason: "the receiver answered \(reply.status), and redirects are not followed")
        default: .retry(after: reply.retryAfter.flatMap(seconds), reason: "the receiver answered \(reply.status)")
        }
    }

    static func reason(of error: HTTPClientError) -> String {
        switch error {
        case .deadlineExceeded, .connectTimeout, .readTimeout: "the receiver did not answer in time"
        default: "the receiver could not be reached: \(error.shortDescription)"
        }
    }

    /// `Retry-After` in seconds, at most a day; the form with a date is not understood.
    private static func seconds(_ text: String) -> Duration? {
        guard let seconds = Int(text), seconds >= 0 else { return nil }
        return .seconds(min(seconds, 86_400))
    }
}
