extension Estimate {
    /// The macro mean over domains: each counts alike, whatever its size.
    ///
    /// SE = √ΣSE²/K: the domains are taken as they are, not as a sample of all domains, and their documents are
    /// independent. Degrees of freedom after Satterthwaite (1946). Nil without domains.
    package static func macroMean(_ domains: [Estimate]) -> Estimate? {
        guard !domains.isEmpty else { return nil }
        let share = 1 / Double(domains.count)
        return combination(domains.map { (share, $0) })
    }

    /// This less `other`, measured on other documents; degrees of freedom after Welch (1947).
    package func minus(_ other: Estimate) -> Estimate {
        Self.combination([(1, self), (-1, other)])
    }

    /// Σ cₖ·valueₖ of independent estimates, with ν = (ΣVₖ)²/Σ(Vₖ²/νₖ) and Vₖ = cₖ²SEₖ².
    private static func combination(_ terms: [(coefficient: Double, estimate: Estimate)]) -> Estimate {
        let variances = terms.map { term in
            let error = term.coefficient * term.estimate.standardError
            return error * error
        }
        let variance = CompensatedSum(variances).value
        let inverse = CompensatedSum(
            zip(variances, terms).lazy.map { share, term in
                (share / variance) * (share / variance) / term.estimate.degreesOfFreedom
            }
        ).value
        return Estimate(
            value: CompensatedSum(terms.lazy.map { $0.coefficient * $0.estimate.value }).value,
            standardError: variance.squareRoot(),
            degreesOfFreedom: variance > 0 ? 1 / inverse : smallestDegreesOfFreedom(terms.map(\.estimate)))
    }

    /// Without any spread the degrees of freedom decide nothing; the smallest claim the least.
    private static func smallestDegreesOfFreedom(_ estimates: [Estimate]) -> Double {
        estimates.map(\.degreesOfFreedom).min() ?? .infinity
    }
}
