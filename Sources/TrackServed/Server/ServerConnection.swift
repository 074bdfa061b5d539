import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TrackClient
import TrackCore
import TrackEvaluators

/// Why a server gave no answer that can be read.
enum ServerFault: Error, Hashable, Sendable {
    /// It answered with this status, which the same request would get again, and these words.
    case refused(status: Int, String)
    /// It answers, but after all tries still with this status, which could pass; the rest of a sentence that begins with "the server".
    case failing(status: Int, String)
    /// No answer after all tries; the rest of a sentence that begins with "the server".
    case gone(String)
}

/// Requests to one server, repeated where another try could end differently. Scoring a prompt changes nothing there.
struct ServerConnection: Sendable {
    let settings: ServedSettings
    private let token: String?
    private let http: HTTPClient
    private let policy: RetryPolicy
    /// Hears of every failed try: the worker must not take patience for silence.
    private let failedTry: @Sendable (String) -> Void

    /// No answer is larger, in bytes: 100 bytes for each of a million tokens.
    private static let answerLimit = 128 << 20

    init(_ settings: ServedSettings, token: String?, firstDelay: Double = 0.5, failedTry: @escaping @Sendable (String) -> Void) {
        self.settings = settings
        self.token = token
        self.failedTry = failedTry
        policy = RetryPolicy(tries: settings.tries, firstDelay: firstDelay, longestDelay: 30)
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let file = settings.authorityFile { tls.trustRoots = .file(file) }
        configuration.tlsConfiguration = tls
        http = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }

    func shutDown() async { try? await http.shutdown() }

    func get(_ path: String) async throws -> Data { try await repeated { try await once(.GET, path, nil) } }

    func post(_ path: String, _ body: Data) async throws -> Data { try await repeated { try await once(.POST, path, body) } }

    /// Without a second try: for questions whose refusal is an answer.
    func postOnce(_ path: String, _ body: Data) async throws -> Data { try await once(.POST, path, body).get() }

    func getOnce(_ path: String) async throws -> Data { try await once(.GET, path, nil).get() }

    private enum Outcome {
        case answer(Data)
        case refused(status: Int, String)
        /// Another try could end differently, at the earliest after so many seconds. Without a status there was no answer.
        case failed(status: Int?, String, after: Double)

        /// - Parameter remark: on a failure.
        func get(remark: String = "") throws -> Data {
            switch self {
            case .answer(let data): return data
            case .refused(let status, let words): throw ServerFault.refused(status: status, words)
            case .failed(let status?, let words, _): throw ServerFault.failing(status: status, words + remark)
            case .failed(nil, let words, _): throw ServerFault.gone(words + remark)
            }
        }
    }

    private func repeated(_ request: () async throws -> Outcome) async throws -> Data {
        var failures = 0
        while true {
            let outcome = try await request()
            guard case .failed(_, let words, let least) = outcome else { return try outcome.get() }
            failures += 1
            guard let delay = policy.delay(afterFailures: failures, jitter: Double.random(in: 0...1)) else {
                return try outcome.get(remark: "; so it was after \(failures) tries")
            }
            failedTry(words)
            try await Task.sleep(for: .seconds(max(delay, least)))
        }
    }

    private func once(_ method: HTTPMethod, _ path: String, _ body: Data?) async throws -> Outcome {
        var request = HTTPClientRequest(url: settings.url + path)
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "track/\(ProgramVersion.text)")
        if let token { request.headers.add(name: "Authorization", value: "Bearer " + token) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        do {
            // The limit covers the body too.
            let response = try await http.execute(request, timeout: .milliseconds(Int64(settings.timeout * 1000)))
            let data = Data((try await response.body.collect(upTo: Self.answerLimit)).readableBytesView)
            return Self.outcome(Int(response.status.code), data, retryAfter: response.headers.first(name: "Retry-After"))
        } catch {
            try Task.checkCancellation()
            return .failed(status: nil, Self.words(for: error, limit: settings.timeout), after: 0)
        }
    }

    private static func outcome(_ status: Int, _ data: Data, retryAfter: String?) -> Outcome {
        if (200..<300).contains(status) { return .answer(data) }
        let said = message(in: data)
        let words = "answered \(status)\(said.isEmpty ? "" : ": " + said)"
        guard status == 408 || status == 425 || status == 429 || status >= 500 else { return .refused(status: status, words) }
        let asked = retryAfter.flatMap { Double($0) } ?? 0
        return .failed(status: status, words, after: min(max(asked, 0), 60))
    }

    /// The server's words, from the forms that OpenAI, FastAPI and SGLang use.
    private static func message(in data: Data) -> String {
        struct Nested: Decodable {
            struct Inner: Decodable { let message: String? }
            let error: Inner?
            let message: String?
            let detail: String?

            enum CodingKeys: String, CodingKey { case error, message, detail }

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                error = try? container.decodeIfPresent(Inner.self, forKey: .error)
                message = try? container.decodeIfPresent(String.self, forKey: .message)
                detail = try? container.decodeIfPresent(String.self, forKey: .detail)
            }
        }
        let nested = try? JSONDecoder().decodeChecked(Nested.self, from: data)
        let text = nested?.error?.message ?? nested?.message ?? nested?.detail ?? String(decoding: data.prefix(200), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).first.map { String($0.prefix(300)) } ?? ""
    }

    private static func words(for error: HTTPClientError, limit: Double) -> String {
        switch error {
        case .deadlineExceeded, .readTimeout: "did not answer within \(limit) s"
        case .connectTimeout: "could not be reached in time"
        case .remoteConnectionClosed: "closed the connection before its answer was complete"
        default: "could not be asked: \(error.shortDescription)"
        }
    }

    private static func words(for error: any Error, limit: Double) -> String {
        switch error {
        case let error as HTTPClientError: words(for: error, limit: limit)
        case is HTTPParserError: "closed the connection before its answer was complete, or did not speak HTTP"
        case let error as IOError where error.errnoCode == ECONNREFUSED: "does not listen there (connection refused)"
        case is NIOTooManyBytesError: "sent an answer of more than \(answerLimit >> 20) MiB"
        default: "could not be reached: \(error)"
        }
    }
}
