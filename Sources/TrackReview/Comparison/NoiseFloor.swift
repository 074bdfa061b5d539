package import TrackCore

/// How far a domain's change can move because the evaluators do not repeat themselves to the last digit: nothing but their noise.
///
/// A run states the largest relative difference of a document's NLL when a sample was scored again. If every document of a domain moved by
/// as much, and to one side, its mean NLL would move by that share of itself; so would that of the other run. It is a bound, far above
/// what rounding in many documents comes to, and no test uses it.
package struct NoiseFloor: Hashable, Sendable {
    /// A noise of this share of a change, or more, is named beside it.
    static let notableShare = 0.1
    /// Half of the last place in which a page shows changes (0.01 %): less than this cannot be seen there.
    static let leastShown = 5e-5

    /// As a log ratio, 0 or more; without what either run did not measure.
    package let floors: [DomainName: Double]

    /// - Parameter unit: of the comparison of the two.
    init(_ run: RunEvidence, _ reference: RunEvidence, unit: ComparisonUnit) {
        let other = reference.noise(per: unit)
        floors = run.noise(per: unit).reduce(into: [:]) { floors, domain in
            floors[domain.key] = other[domain.key].map { $0 + domain.value }
        }
    }

    /// Whether the noise of the domain could make a part of its change that a reader should know of.
    func isNotable(in name: DomainName, beside theta: Double?) -> Bool {
        guard let floor = floors[name], let theta, theta.isFinite else { return false }
        return floor >= Self.leastShown && floor >= Self.notableShare * abs(theta)
    }
}

extension RunEvidence {
    /// Per domain: by how much its mean NLL can move, in nats per token or per byte. Empty when the noise was not measured.
    fileprivate func noise(per unit: ComparisonUnit) -> [DomainName: Double] {
        guard let noise = effort?.noise else { return [:] }
        return domains.reduce(into: [:]) { floors, domain in
            guard case .measured(let scores, _) = domain.outcome, scores.totalNLL.isFinite else { return }
            let weight = unit == .bitsPerByte ? scores.totalBytes : scores.totalTokens
            if weight > 0 { floors[domain.name] = noise * scores.totalNLL / Double(weight) }
        }
    }
}
