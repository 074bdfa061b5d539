package import TrackCore

/// What an evaluator found: a measurement or a failure for every domain that was asked for, in the order of the request.
package struct EvaluationResult: Hashable, Sendable {
    /// Name and version of the evaluator, for example `transformers 0.1.0`.
    package var evaluator: String
    /// What it was computed with: what the evaluator said of itself, and the window in tokens that was really used (`context`).
    package var environment: [String: String]
    package var effort: EvaluationEffort?
    package var domains: [DomainMeasurement]

    package init(evaluator: String, environment: [String: String], effort: EvaluationEffort? = nil, domains: [DomainMeasurement]) {
        self.evaluator = evaluator
        self.environment = environment
        self.effort = effort
        self.domains = domains
    }
}
