import FoundationEssentials
package import TrackCore

/// A line of `track_evaluator tokens`.
package enum TokenLine: Sendable {
    case document(TokenDocument)
    case done(TokenTotals)

    /// - Throws: ``EvaluatorComplaint`` when the line is one.
    package init(_ line: [UInt8]) throws {
        let data = Data(line)
        switch try WireCoding.decode(Kind.self, from: data).type {
        case .document: self = .document(try WireCoding.decode(TokenDocument.self, from: data))
        case .done: self = .done(try WireCoding.decode(TokenTotals.self, from: data))
        case .error: throw try WireCoding.decode(EvaluatorComplaint.self, from: data)
        }
    }

    private struct Kind: Decodable {
        enum Name: String, Decodable { case document, done, error }
        let type: Name
    }
}

/// A document as a model reads it.
package struct TokenDocument: Hashable, Sendable, Codable {
    /// Among those that were asked for, from 1 on.
    package var number: Int
    package var pieces: [TokenPiece]

    package init(number: Int, pieces: [TokenPiece]) {
        self.number = number
        self.pieces = pieces
    }
}

/// What reads as one: a token, or the tokens that make one character together.
package struct TokenPiece: Hashable, Sendable, Codable {
    package var text: String
    package var ids: [Int64]
    /// Nats, of each token; nil for one that is not scored.
    package var nll: [Double?]

    package init(text: String, ids: [Int64], nll: [Double?]) {
        self.text = text
        self.ids = ids
        self.nll = nll
    }

    /// Of the hardest of its tokens; nil when none is scored.
    package var hardest: Double? { nll.compactMap(\.self).max() }
    /// Nats, of all its tokens together; nil when none is scored.
    package var total: Double? { nll.allSatisfy { $0 == nil } ? nil : nll.compactMap(\.self).reduce(0, +) }
}

/// What the documents come to together.
package struct TokenTotals: Hashable, Sendable, Codable {
    /// The window that was really used.
    package var context: Int
    package var tokens: Int64
    package var nll: Double
    package var histogram: [Int64]
    package var types: TypeLosses

    package init(context: Int, tokens: Int64, nll: Double, histogram: [Int64], types: TypeLosses) {
        self.context = context
        self.tokens = tokens
        self.nll = nll
        self.histogram = histogram
        self.types = types
    }
}
