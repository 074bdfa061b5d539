import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Posts to webhooks. It follows no redirect: a receiver must not be able to send us elsewhere.
package struct WebhookClient: Sendable {
    /// What is kept of a reply. Its body is not: nothing that a receiver writes is stored or shown.
    struct Reply: Hashable, Sendable {
        var status: Int
        /// The header `Retry-After`.
        var retryAfter: String?
    }

    /// So much of a reply is read before the connection is given up; a small reply is read whole, so that the connection can be used again.
    private static let replyLimit = 4096

    private let client: HTTPClient
    private let timeout: Duration

    /// - Parameter timeout: for a whole attempt, from connecting to the reply.
    package init(timeout: Duration = .seconds(10)) {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow, decompression: .disabled)
        configuration.httpVersion = .http1Only
        // The outbox tries again; here a refused connection would be tried until the time is over.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.timeout = timeout
    }

    /// Must be called before the last reference is dropped.
    package func shutDown() async {
        // It can fail only because it was called before.
        try? await client.shutdown()
    }

    func post(_ body: String, to endpoint: WebhookEndpoint, headers: [(String, String)]) async throws -> Reply {
        var request = HTTPClientRequest(url: endpoint.url)
        request.method = .POST
        request.headers = HTTPHeaders(headers)
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await client.execute(request, timeout: .nanoseconds(Int64(timeout / .nanoseconds(1))))
        var count = 0
        for try await part in response.body {
            count += part.readableBytes
            if count > Self.replyLimit { break }
        }
        return Reply(status: Int(response.status.code), retryAfter: response.headers.first(name: "retry-after"))
    }
}
