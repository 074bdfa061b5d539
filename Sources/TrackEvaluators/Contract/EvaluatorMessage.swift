import FoundationEssentials
package import TrackCore

/// What an evaluator says, version 1 of the contract (docs/evaluator-contract.md).
package enum EvaluatorMessage: Hashable, Sendable {
    case hello(EvaluatorHello)
    case loaded(EvaluatorLoaded)
    case progress(EvaluatorProgress)
    case domain(EvaluatorDomain)
    case done(EvaluatorDone)
    case error(EvaluatorRefusal)

    /// - Throws: ``EvaluatorFailure`` with the rule that the line breaks.
    package init(line: some Sequence<UInt8>) throws(EvaluatorFailure) {
        let data = Data(line)
        do {
            switch try WireCoding.decode(Kind.self, from: data).type {
            case .hello: self = .hello(try WireCoding.decode(EvaluatorHello.self, from: data))
            case .loaded: self = .loaded(try WireCoding.decode(EvaluatorLoaded.self, from: data))
            case .progress: self = .progress(try WireCoding.decode(EvaluatorProgress.self, from: data))
            case .domain: self = .domain(try WireCoding.decode(EvaluatorDomain.self, from: data))
            case .done: self = .done(try WireCoding.decode(EvaluatorDone.self, from: data))
            case .error: self = .error(try WireCoding.decode(EvaluatorRefusal.self, from: data))
            }
        } catch {
            let fault = WireCoding.fault(of: error)
            let shown = String(decoding: data.prefix(120), as: UTF8.self)
            throw .broken(.message, "\(fault.field.isEmpty ? "the line" : fault.field) \(fault.reason), in \(shown.debugDescription)")
        }
    }

    private struct Kind: Decodable {
        enum Name: String, Decodable { case hello, loaded, progress, domain, done, error }
        let type: Name
    }
}

/// The first message of a process.
package struct EvaluatorHello: Hashable, Sendable, Decodable {
    package let contract: Int
    package let evaluator: String
    package let version: String
    /// Recorded with every run.
    package let environment: [String: String]

    /// As a run names it, for example `transformers 0.1.0`.
    package var label: String { "\(evaluator) \(version)" }

    /// Whether a run may carry these texts; asked before the hours of an evaluation, not after them.
    var canBeRecorded: Bool {
        label.utf8.count <= 200 && ([label] + environment.keys + environment.values).allSatisfy { !$0.utf8.contains(0) }
    }
}

/// The weights are in memory.
package struct EvaluatorLoaded: Hashable, Sendable, Decodable {
    package let id: String
    package let parameters: Int64?
    package let vocabulary: Int?
    /// The window in tokens that is really used.
    package let context: Int?
    package let prefixToken: Int?
    package let seconds: Double?
}

package struct EvaluatorProgress: Hashable, Sendable, Decodable {
    package let id: String
    package let domain: Int?
    package let documentsDone: Int?
    /// Of all domains of the request.
    package let tokensDone: Int64
    package let tokensTotal: Int64?
}

package struct EvaluatorDomain: Hashable, Sendable, Decodable {
    package let id: String
    package let index: Int
    package let outcome: Outcome
    package let seconds: Double?

    package enum Outcome: Hashable, Sendable {
        case ok(DocumentScores)
        case failed(reason: String)
    }

    private enum CodingKeys: String, CodingKey { case id, index, status, reason, documents, histogram, types, seconds }
    private enum DocumentKeys: String, CodingKey { case nll, tokens, bytes, words }
    private enum Status: String, Decodable { case ok, failed }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        index = try container.decode(Int.self, forKey: .index)
        seconds = try container.decodeIfPresent(Double.self, forKey: .seconds)
        switch try container.decode(Status.self, forKey: .status) {
        case .failed: outcome = .failed(reason: try container.decode(String.self, forKey: .reason))
        case .ok:
            let documents = try container.nestedContainer(keyedBy: DocumentKeys.self, forKey: .documents)
            outcome = .ok(
                DocumentScores(
                    nll: try documents.decode([Double].self, forKey: .nll), tokens: try documents.decode([Int64].self, forKey: .tokens),
                    bytes: try documents.decode([Int64].self, forKey: .bytes), words: try documents.decode([Int64].self, forKey: .words),
                    histogram: try container.decode([Int64].self, forKey: .histogram),
                    types: try container.decodeIfPresent(TypeLosses.self, forKey: .types)))
        }
    }
}

package struct EvaluatorDone: Hashable, Sendable, Decodable {
    package let id: String
    package let tokens: Int64?
    package let seconds: Double?
    package let tokensPerSecond: Double?
    package let peakMemoryBytes: Int64?
    /// The largest relative difference of a document's NLL when a sample was scored again in other batches.
    package let noise: Double?
    package let noiseTokens: Int64?

    var effort: EvaluationEffort {
        EvaluationEffort(
            tokens: tokens, seconds: seconds, tokensPerSecond: tokensPerSecond, peakMemoryBytes: peakMemoryBytes, noise: noise,
            noiseTokens: noiseTokens
        ).sound
    }
}

/// The whole evaluation cannot be done.
package struct EvaluatorRefusal: Hashable, Sendable, Decodable {
    package enum Code: String, Sendable, Decodable {
        case checkpointUnreadable = "checkpoint_unreadable"
        case checkpointInvalid = "checkpoint_invalid"
        case protocolUnsupported = "protocol_unsupported"
        case outOfMemory = "out_of_memory"
        case `internal`
    }

    package let id: String
    package let code: Code
    /// Whether another attempt could end differently.
    package let retry: Bool
    package let message: String
}
