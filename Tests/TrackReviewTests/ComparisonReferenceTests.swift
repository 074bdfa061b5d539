import Testing

@testable import TrackCore
@testable import TrackReview
@testable import TrackStatistics

@Suite("One whole comparison, held against SciPy and statsmodels")
struct ComparisonReferenceTests {
    @Test("every ratio, interval, p-value, verdict and the divergence agree", arguments: [0, 1])
    func agreement(_ index: Int) throws {
        let expected = try Reference.load().comparisons[index]
        func evidence(_ nll: (Reference.Domain) -> [Double]) -> [DomainEvidence] {
            expected.domains.map { World.measured($0.name.description, nll($0), tokens: $0.tokens) }
        }
        let comparison = World.compare(evidence(\.after), evidence(\.before))
        #expect(comparison.domains.count == expected.domains.count)
        for (domain, row) in zip(comparison.domains, expected.domains) {
            let test = try #require(domain.test)
            #expect(domain.name == row.name)
            #expect(domain.verdict == row.verdict, "\(row.name)")
            #expect(agree(domain.theta, row.theta))
            #expect(agree(test.ratio.standardError, row.error))
            #expect(agree(test.ratio.degreesOfFreedom, row.df))
            #expect(agree(test.margin.pAbove, row.above, within: 1e-7))
            #expect(agree(test.margin.pBelow, row.below, within: 1e-7))
            #expect(agree(test.margin.p, row.p, within: 1e-7))
            #expect(agree(test.adjustedP, row.adjusted, within: 1e-7))
            #expect(agree(test.minimalDetectable, row.minimalDetectable))
            let interval = try #require(domain.interval(level: 0.95))
            #expect(agree(interval.lower, row.low, within: 1e-8))
            #expect(agree(interval.upper, row.high, within: 1e-8))
        }
        let divergence = try #require(comparison.divergence)
        #expect(agree(divergence.inDomain.theta, expected.inDomain))
        #expect(agree(divergence.inDomain.estimate?.standardError, expected.inDomainError))
        #expect(agree(divergence.ood.theta, expected.ood))
        #expect(agree(divergence.ood.estimate?.standardError, expected.oodError))
        #expect(agree(divergence.gapEstimate?.standardError, expected.gapError))
        #expect(agree(divergence.gapEstimate?.degreesOfFreedom, expected.gapDf))
        #expect(agree(divergence.p, expected.p, within: 1e-6))
        #expect(divergence.isDiverged)
        #expect(divergence.adjustedP.count == expected.joint.count)
        for (name, p) in expected.joint {
            #expect(agree(divergence.adjustedP[World.name(name)], p, within: 1e-6))
        }
    }
}
