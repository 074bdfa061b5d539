package import FoundationEssentials
import TrackCore

/// What this evaluator says: the messages of the contract (docs/evaluator-contract.md).
package enum ServedMessage: Sendable {
    case hello(version: String, environment: [String: String])
    case loaded(id: String, context: Int, prefix: Int?, environment: [String: String], seconds: Double)
    case progress(id: String, domain: Int, documentsDone: Int, tokensDone: Int, tokensTotal: Int)
    case domain(id: String, index: Int, Scores, seconds: Double)
    case failedDomain(id: String, index: Int, reason: String, seconds: Double)
    case done(id: String, tokens: Int, seconds: Double)
    case error(id: String, ServedRefusal)

    package struct Scores: Hashable, Sendable, Encodable {
        package var nll: [Double] = []
        package var tokens: [Int] = []
        package var bytes: [Int] = []
        package var words: [Int64] = []
        var histogram: [Int64] = []

        private enum CodingKeys: String, CodingKey { case nll, tokens, bytes, words }
    }

    private struct Fields: Encodable {
        var type: String
        var id: String?
        var contract: Int?
        var evaluator: String?
        var version: String?
        var environment: [String: String]?
        var context: Int?
        var prefixToken: Int?
        var domain: Int?
        var documentsDone: Int?
        var tokensDone: Int?
        var tokensTotal: Int?
        var index: Int?
        var status: String?
        var reason: String?
        var documents: Scores?
        var histogram: [Int64]?
        var tokens: Int?
        var seconds: Double?
        var tokensPerSecond: Double?
        var code: ServedRefusal.Code?
        var retry: Bool?
        var message: String?
    }

    /// One line with its line feed.
    package func line() throws -> Data { try WireCoding.encode(fields) + [UInt8(ascii: "\n")] }

    private var fields: Fields {
        switch self {
        case .hello(let version, let environment):
            Fields(type: "hello", contract: 1, evaluator: "served", version: version, environment: environment)
        case .loaded(let id, let context, let prefix, let environment, let seconds):
            Fields(type: "loaded", id: id, environment: environment, context: context, prefixToken: prefix, seconds: seconds)
        case .progress(let id, let domain, let documents, let done, let total):
            Fields(type: "progress", id: id, domain: domain, documentsDone: documents, tokensDone: done, tokensTotal: total)
        case .domain(let id, let index, let scores, let seconds):
            Fields(type: "domain", id: id, index: index, status: "ok", documents: scores, histogram: scores.histogram, seconds: seconds)
        case .failedDomain(let id, let index, let reason, let seconds):
            Fields(type: "domain", id: id, index: index, status: "failed", reason: reason, seconds: seconds)
        case .done(let id, let tokens, let seconds):
            Fields(
                type: "done", id: id, tokens: tokens, seconds: seconds, tokensPerSecond: seconds > 0 ? Double(tokens) / seconds : nil)
        case .error(let id, let refusal):
            Fields(type: "error", id: id, code: refusal.code, retry: refusal.retry, message: refusal.description)
        }
    }
}
