import FoundationEssentials
import TrackCore

/// A line of `track_evaluator mask`.
package enum MaskLine: Sendable {
    /// A line of the mask file, as it is written.
    case record([UInt8])
    case progress(MaskSummary)
    case skipped(SkippedExample)
    case done(MaskSummary)

    /// - Throws: ``EvaluatorComplaint`` when the line is one.
    package init(_ line: [UInt8]) throws {
        guard line.starts(with: Array(#"{"type""#.utf8)) else {
            self = .record(line)
            return
        }
        let data = Data(line)
        switch try WireCoding.decode(Kind.self, from: data).type {
        case .progress: self = .progress(try WireCoding.decode(MaskSummary.self, from: data))
        case .skipped: self = .skipped(try WireCoding.decode(SkippedExample.self, from: data))
        case .done: self = .done(try WireCoding.decode(MaskSummary.self, from: data))
        case .error: throw try WireCoding.decode(EvaluatorComplaint.self, from: data)
        }
    }

    private struct Kind: Decodable {
        enum Name: String, Decodable { case progress, skipped, done, error }
        let type: Name
    }
}

/// A line of training data that is no example.
package struct SkippedExample: Hashable, Sendable, Codable {
    /// From 1 on.
    package let line: Int
    package let reason: String
}

/// What became of training data so far. Tokens are those that have a prediction.
package struct MaskSummary: Hashable, Sendable, Codable {
    package let examples: Int
    package let tokens: Int64
    package let masked: Int64
    /// Those that an assistant wrote; of a plain text, all.
    package let assistantTokens: Int64
    package let assistantMasked: Int64
    package let skipped: Int
    /// In the bins of ``TokenHistogram``.
    package let histogram: [Int64]

    package var share: Double { tokens > 0 ? Double(masked) / Double(tokens) : 0 }
}
