/// How long a job waits for its next attempt.
///
/// Full jitter: a delay is drawn evenly between nothing and the ceiling, so that jobs which failed together do not come back together.
package struct RetryPolicy: Hashable, Sendable {
    /// After the first, second, … attempt that the evaluator failed; the last one repeats.
    package var evaluatorCeilings: [Duration]
    /// After the first, second, … worker that vanished; the last one repeats.
    package var lossCeilings: [Duration]

    /// 1, 10 and 60 times the base after failures of the evaluator; 1, 2, 4, 8 and 15 times after lost workers.
    package init(base: Duration = .seconds(60)) {
        evaluatorCeilings = [1, 10, 60].map { base * $0 }
        lossCeilings = [1, 2, 4, 8, 15].map { base * $0 }
    }

    /// No job waits longer.
    var longestDelay: Duration { (evaluatorCeilings + lossCeilings).max() ?? .zero }

    /// - Parameter failures: how many of this kind there were, the one that just happened included.
    func delay(after failures: Int, ceilings: [Duration], using generator: inout some RandomNumberGenerator) -> Duration {
        guard !ceilings.isEmpty else { return .zero }
        let ceiling = ceilings[min(max(1, failures), ceilings.count) - 1]
        return ceiling * Double.random(in: 0...1, using: &generator)
    }
}
