/// The paired, weighted comparison of two models on the documents of one domain.
///
/// θ = ΣDᵢ/ΣTᵢ, where Dᵢ is the difference of a document's summed NLL (nats; candidate less reference) and Tᵢ its weight: scored
/// tokens under one tokenizer, bytes otherwise. With tokens θ is ln PPL of the candidate less ln PPL of the reference.
///
/// Documents are the independent units, never tokens. The standard error is the linearisation of the ratio,
/// √(n/(n−1) · Σeᵢ²)/ΣT with eᵢ = Dᵢ − θTᵢ, which equals the cluster-robust CR1 error of a weighted regression on a constant.
/// Degrees of freedom are min(n, n_eff) − 1 with Kish's n_eff = (ΣT)²/ΣT². Against a margin m the documents Dᵢ − mTᵢ would be
/// tested; their θ is θ − m and their residuals are the same, so that `estimate` serves every margin.
package struct PairedRatio: Hashable, Sendable {
    /// θ with its standard error, the repeat variance included.
    package let estimate: Estimate
    /// Documents with weight.
    package let documents: Int
    /// Kish's n_eff: as many documents of equal weight would know as much. Below 30 the power is low.
    package let effectiveDocuments: Double
    package let totalWeight: Double
    package let dominance: Dominance

    package var theta: Double { estimate.value }
    package var standardError: Double { estimate.standardError }
    package var degreesOfFreedom: Double { estimate.degreesOfFreedom }

    /// - Parameters:
    ///   - differences: Dᵢ in nats.
    ///   - weights: Tᵢ ≥ 0. A document without weight must have no difference; it is left out.
    ///   - repeatVariance: the variance that θ shows when nothing but the evaluation is repeated, in squared nats per unit of
    ///     weight. It is added to SE²; the degrees of freedom stay, which errs to the safe side.
    package init(differences: [Double], weights: [Double], repeatVariance: Double = 0) throws(Untestable) {
        guard differences.count == weights.count else {
            throw Untestable(reason: .unpaired(differences: differences.count, weights: weights.count), theta: nil)
        }
        for (index, (difference, weight)) in zip(differences, weights).enumerated() {
            guard difference.isFinite, weight.isFinite, weight > 0 || (weight == 0 && difference == 0) else {
                throw Untestable(reason: .invalidDocument(index), theta: nil)
            }
        }
        let used = weights.indices.filter { weights[$0] > 0 }
        let totalWeight = CompensatedSum(weights).value
        guard totalWeight > 0 else { throw Untestable(reason: .noDocuments, theta: nil) }
        let theta = CompensatedSum(differences).value / totalWeight
        guard used.count > 1 else { throw Untestable(reason: .oneDocument, theta: theta) }

        // Shares of the total, not squares of sums, so that no count of bytes overflows.
        let effective = 1 / CompensatedSum(used.lazy.map { (weights[$0] / totalWeight) * (weights[$0] / totalWeight) }).value
        let degreesOfFreedom = min(Double(used.count), effective) - 1
        guard degreesOfFreedom >= 1 else {
            throw Untestable(reason: .tooFewEffectiveDocuments(effective), theta: theta)
        }

        let squares = used.map { index in
            let residual = Self.residual(differences[index], theta, weights[index]) / totalWeight
            return (document: index, term: residual * residual)
        }
        let sumOfSquares = CompensatedSum(squares.lazy.map(\.term)).value
        let count = Double(used.count)
        guard
            let variance = Dominance.Largest(squares, total: sumOfSquares),
            let weight = Dominance.Largest(used.map { ($0, weights[$0]) }, total: totalWeight)
        else { throw Untestable(reason: .noDocuments, theta: theta) }

        estimate = Estimate(
            value: theta,
            standardError: (count / (count - 1) * sumOfSquares + repeatVariance).squareRoot(),
            degreesOfFreedom: degreesOfFreedom)
        documents = used.count
        effectiveDocuments = effective
        self.totalWeight = totalWeight
        dominance = Dominance(variance: variance, weight: weight)
    }

    /// Dᵢ − θTᵢ in one rounding. What the rounding of θ and Dᵢ alone can make counts as nothing: else documents that all changed
    /// at one rate would get a standard error out of thin air.
    private static func residual(_ difference: Double, _ theta: Double, _ weight: Double) -> Double {
        let residual = difference.addingProduct(-theta, weight)
        return abs(residual) <= 4 * difference.ulp ? 0 : residual
    }
}
