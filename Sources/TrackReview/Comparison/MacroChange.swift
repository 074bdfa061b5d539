import TrackCore
package import TrackStatistics

/// The mean log ratio over some domains, each counting alike.
package struct MacroChange: Hashable, Sendable {
    package enum Ground: Hashable, Sendable {
        /// Over the domains that were tested, taken as they are (fixed-domain standard error).
        case tested(Estimate)
        /// A domain lost its finite NLL: beyond any margin, without a test.
        case notFinite
        /// Over values without a test.
        case observed
    }

    /// +∞ when not finite.
    package let theta: Double
    package let ground: Ground
    /// The domains in the mean.
    package let domains: Int

    package var estimate: Estimate? {
        if case .tested(let estimate) = ground { estimate } else { nil }
    }

    /// Nil when no domain has a value. Where some domains were tested, those that were not stay out, as does a domain whose
    /// reference was not finite: there is no amount by which it improved.
    package init?(_ domains: [DomainComparison]) {
        let estimates = domains.compactMap { $0.test?.ratio.estimate }
        let values = domains.compactMap { $0.theta != -.infinity ? $0.theta : nil }
        if domains.contains(where: { $0.verdict == .regressed && $0.theta == .infinity }) {
            theta = .infinity
            ground = .notFinite
            self.domains = values.count
        } else if let mean = Estimate.macroMean(estimates) {
            theta = mean.value
            ground = .tested(mean)
            self.domains = estimates.count
        } else if !values.isEmpty {
            theta = CompensatedSum(values).value / Double(values.count)
            ground = .observed
            self.domains = values.count
        } else {
            return nil
        }
    }
}
