/// One request: the tokens `start...stop` of a sequence, of which the last `scored` count.
///
/// A sequence has N tokens; token 0 (the prefix) is never scored, so there are N - 1 predictions, and prediction i is that of token i + 1.
package struct Window: Hashable, Sendable {
    package let start: Int
    /// The last prediction of the window is `stop - 1`.
    package let stop: Int
    package let scored: Int

    package init(start: Int, stop: Int, scored: Int) {
        self.start = start
        self.stop = stop
        self.scored = scored
    }

    /// The first prediction that counts.
    package var firstScored: Int { stop - scored }

    /// The rule of Paloma's code and of lm-evaluation-harness's rolling log-likelihood: the first window is conditioned on the prefix, each
    /// later full one on the one token before it, and the last, short one is extended to the left to a full context.
    ///
    /// - Parameter context: scored tokens of a full window, at least 1.
    package static func disjoint(predictions: Int, context: Int) -> [Window] {
        let first = min(predictions, context)
        guard first > 0 else { return [] }
        var windows = [Window(start: 0, stop: first, scored: first)]
        var done = first
        while done < predictions {
            let stop = min(done + context, predictions)
            windows.append(Window(start: stop - context, stop: stop, scored: stop - done))
            done = stop
        }
        return windows
    }

    /// The form of the transformers manual: inputs of `context` tokens begin every `stride` tokens, and each scores only the tokens that no
    /// earlier one saw.
    ///
    /// - Parameter stride: from 1 to the context.
    package static func strided(predictions: Int, context: Int, stride: Int) -> [Window] {
        let total = predictions + 1
        var windows: [Window] = []
        var seen = 0
        for begin in Swift.stride(from: 0, to: total, by: stride) {
            let end = min(begin + context, total)
            let scored = end - max(seen, begin + 1)
            if scored > 0 { windows.append(Window(start: begin, stop: end - 1, scored: scored)) }
            seen = end
            if end == total { break }
        }
        return windows
    }
}
