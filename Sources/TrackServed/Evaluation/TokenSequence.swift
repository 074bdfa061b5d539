/// What is scored as one: the tokens of a document behind its prefix, or of a whole domain when it is packed.
struct TokenSequence: Hashable, Sendable {
    /// Token 0 is never scored.
    var ids: [Int]
    /// Of the predictions of `ids[1...]`: whether they count.
    var counted: [Bool]

    /// A document after a prefix token: each of its tokens counts.
    init(prefix: Int, tokens: [Int]) {
        ids = [prefix] + tokens
        counted = Array(repeating: true, count: tokens.count)
    }

    /// Tokens as they are; the first is never scored.
    init(tokens: [Int]) {
        ids = tokens
        counted = Array(repeating: true, count: max(0, tokens.count - 1))
    }

    var predictions: Int { counted.count }

    mutating func cut(to length: Int) {
        guard ids.count > length else { return }
        ids.removeLast(ids.count - length)
        counted.removeLast(counted.count - max(0, length - 1))
    }

    /// One sequence of many, in order. The first token of each stays unscored.
    static func packed(_ sequences: [TokenSequence]) -> TokenSequence {
        var packed = TokenSequence(tokens: [])
        for (number, sequence) in sequences.enumerated() {
            if number > 0 { packed.counted.append(false) }
            packed.ids += sequence.ids
            packed.counted += sequence.counted
        }
        return packed
    }

    /// - Parameter context: of the protocol, its 0 resolved.
    func windows(_ windows: ServedProtocol.Windows, context: Int) -> [Window] {
        switch windows {
        case .disjoint, .truncated, .packed: Window.disjoint(predictions: predictions, context: context)
        case .strided(let stride): Window.strided(predictions: predictions, context: context, stride: stride)
        }
    }
}
