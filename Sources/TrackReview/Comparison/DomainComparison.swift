package import TrackCore
package import TrackStatistics

/// What is said about one domain of one comparison, and on what ground.
package struct DomainComparison: Hashable, Sendable {
    package let name: DomainName
    package let isInDomain: Bool
    package let verdict: DomainVerdict
    /// Why, when the verdict alone does not say it.
    package let reason: String?
    /// The log ratio, in nats per token or per byte; ±∞ when one side is not finite; nil without a comparison.
    package let theta: Double?
    /// Documents that have a partner; nil for summaries.
    package let documents: Int?
    /// Nil for what was not tested.
    package let test: DomainTest?

    /// The two-sided interval at the given level; nil for what was not tested.
    package func interval(level: Double) -> ConfidenceInterval? { test?.ratio.estimate.interval(level: level) }
}

/// A test of one domain, and its place in its family.
package struct DomainTest: Hashable, Sendable {
    package let ratio: PairedRatio
    package let margin: MarginTest
    /// Benjamini–Hochberg over all tested domains of the comparison.
    package let adjustedP: Double
    /// The smallest true change, as a log ratio and the margin included, that this domain would have shown with the rules' power at
    /// the level which the family's other flags leave to it.
    package let minimalDetectable: Double
}
