import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import TrackCore

/// Speaks to one daemon over HTTP. One method per route is in the extensions beside this file.
///
/// Every method throws `Problem` when the daemon refused, ``DaemonUnreachable`` when none answered, ``UnexpectedAnswer`` when
/// something else did. Connections are kept and shared; ``shutDown()`` must be called once at the end, or use
/// ``with(_:token:authority:_:)``.
package struct DaemonClient: Sendable {
    package let address: DaemonAddress
    /// For requests that may be repeated; ``RetryPolicy/never`` unless asked for.
    package var retry: RetryPolicy = .never

    private var token: String?
    private let http: HTTPClient
    private let seenEpoch = SeenEpoch()

    /// - Parameters:
    ///   - token: sent over TCP only: a Unix socket knows its callers by their user.
    ///   - authority: who must have signed the daemon's certificate; nil for those that the system trusts.
    package init(address: DaemonAddress, token: String?, authority: CertificateAuthority? = nil) {
        self.address = address
        self.token = address.isNetwork ? token : nil
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(DaemonClient.connectLimit)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        configuration.tlsConfiguration = .verifying(by: authority)
        http = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }

    /// Runs `body` with a client and shuts it down afterwards, whatever happens.
    package static func with<Value: Sendable>(
        _ address: DaemonAddress, token: String?, authority: CertificateAuthority? = nil, _ body: (DaemonClient) async throws -> Value
    ) async throws -> Value {
        let client = DaemonClient(address: address, token: token, authority: authority)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(client))
        } catch {
            result = .failure(error)
        }
        // Only idle connections are left to close; trouble with them takes nothing from the result.
        try? await client.shutDown()
        return try result.get()
    }

    /// This client with another token, which is shown over a Unix socket too: who carries one wants to be no more than its holder.
    package func carrying(_ token: String) -> DaemonClient {
        var client = self
        client.token = token
        return client
    }

    package func shutDown() async throws { try await http.shutdown() }

    /// For a program that makes one request at a time: one network thread instead of one per core. Call it before the first client is made.
    package static func useOneThread() { NIOSingletons.groupLoopCountSuggestion = 1 }

    /// Which history of its database the daemon named in its newest answer; nil when it named none yet.
    package var epoch: String? { seenEpoch.value.withLock { $0 } }

    /// Shared by the copies of a client.
    private final class SeenEpoch: Sendable {
        let value = Mutex<String?>(nil)
    }

    /// Seconds to wait for a connection.
    static let connectLimit: Int64 = 5

    /// No JSON answer is larger, in bytes.
    private static let answerLimit = 64 << 20

    // MARK: - One request

    /// Sends `body` as JSON and reads the answer as JSON.
    func call<Answer: Decodable>(_ route: Route, _ body: (any Encodable)? = nil) async throws -> Answer {
        let data = try await bytes(route, body: try body.map { .json(try WireCoding.encode($0)) })
        return try decode(Answer.self, from: data, route: route, status: 200)
    }

    func decode<Answer: Decodable>(_ type: Answer.Type, from data: Data, route: Route, status: Int) throws -> Answer {
        do {
            return try WireCoding.decode(type, from: data)
        } catch {
            let fault = WireCoding.fault(of: error)
            throw UnexpectedAnswer(
                address: address, request: route.description, status: status,
                detail: "\(fault.field.isEmpty ? "it" : fault.field) \(fault.reason)")
        }
    }

    /// The body of a 2xx answer; empty for 204.
    func bytes(_ route: Route, body: RequestBody? = nil) async throws -> Data {
        var failures = 0
        while true {
            do {
                return try await exchange(route, body: body) { response in
                    let buffer = try await response.body.collect(upTo: DaemonClient.answerLimit)
                    return Data(buffer.readableBytesView)
                }
            } catch where route.isRepeatable && RetryPolicy.isTransient(error) {
                failures += 1
                guard let delay = retry.delay(afterFailures: failures, jitter: Double.random(in: 0...1)) else { throw error }
                let asked = min(Double((error as? Problem)?.retryAfter ?? 0), retry.longestDelay)
                try await Task.sleep(for: .seconds(max(delay, asked)))
            }
        }
    }

    /// Hands the body of a 2xx answer on in pieces as they arrive. Never repeated.
    func stream(_ route: Route, body: RequestBody? = nil, _ receive: (ByteBufferView) async throws -> Void) async throws {
        try await exchange(route, body: body) { response in
            for try await piece in response.body { try await receive(piece.readableBytesView) }
        }
    }

    private func exchange<Value>(
        _ route: Route, body: RequestBody?, _ read: (HTTPClientResponse) async throws -> Value
    ) async throws -> Value {
        guard token == nil || address.isConfidential else {
            throw ClientConfigurationError(
                "The token is not sent to \(address): over http everybody on the way could read it. Use https, or forward the daemon's "
                    + "port (ssh -L 7450:127.0.0.1:7450 HOST) and set TRACK_URL=http://127.0.0.1:7450.")
        }
        var request = HTTPClientRequest(url: url(of: route))
        request.method = HTTPMethod(rawValue: route.method.rawValue)
        if !address.isNetwork { request.headers.add(name: "Host", value: "localhost") }
        request.headers.add(name: "Accept", value: "application/json, application/problem+json, */*;q=0.1")
        request.headers.add(name: "User-Agent", value: "track/\(ProgramVersion.text)")
        if let token { request.headers.add(name: "Authorization", value: "Bearer " + token) }
        if let body {
            request.headers.add(name: "Content-Type", value: body.mediaType)
            request.body = body.content
        }
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, timeout: .seconds(route.limit))
            if let epoch = response.headers.first(name: "Track-Epoch") { seenEpoch.value.withLock { $0 = epoch } }
            if (200..<300).contains(Int(response.status.code)) { return try await read(response) }
        } catch {
            try Task.checkCancellation()
            throw DaemonClient.meaning(of: error, at: address, limit: route.limit) ?? error
        }
        throw await refusal(response, route: route)
    }

    private func url(of route: Route) -> String {
        switch address {
        case .socket(let path): "http+unix://" + Route.encoded(path) + route.path
        case .network(let base): base + route.path
        }
    }

    /// What an answer outside 2xx says.
    private func refusal(_ response: HTTPClientResponse, route: Route) async -> any Error {
        let status = Int(response.status.code)
        let isProblem = response.headers.first(name: "Content-Type")?.hasPrefix("application/problem+json") ?? false
        guard isProblem, let buffer = try? await response.body.collect(upTo: 1 << 20),
            var problem = try? WireCoding.decode(Problem.self, from: Data(buffer.readableBytesView))
        else {
            return UnexpectedAnswer(
                address: address, request: route.description, status: status, detail: "it is not a problem document of trackd's")
        }
        if let seconds = response.headers.first(name: "Retry-After").flatMap({ Int($0) }), seconds >= 0 { problem.retryAfter = seconds }
        return problem
    }
}
