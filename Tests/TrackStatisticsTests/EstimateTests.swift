import Testing

@testable import TrackStatistics

@Suite("Estimates and what is made of several")
struct EstimateTests {
    let reference: Reference

    init() throws { reference = try .load() }

    private func mean(_ values: [Double]) throws -> Estimate {
        let ratio = try PairedRatio(differences: values, weights: values.map { _ in 1 })
        return ratio.estimate
    }

    @Test("the gap of two plain means is Welch's test")
    func welch() throws {
        let gap = try mean(reference.welch.first).minus(mean(reference.welch.second))
        #expect(agree(gap.degreesOfFreedom, reference.welch.degreesOfFreedom))
        #expect(agree(gap.pAbove(0), reference.welch.p, within: 1e-9))
        #expect(agree(gap.interval(level: 0.9).lower, reference.welch.lowerOneSided95, within: 1e-9))
    }

    @Test("the macro mean counts every domain alike")
    func macroMean() throws {
        let domains = [
            Estimate(value: 0.01, standardError: 0.003, degreesOfFreedom: 12),
            Estimate(value: 0.05, standardError: 0.004, degreesOfFreedom: 50),
            Estimate(value: -0.03, standardError: 0, degreesOfFreedom: 2),
        ]
        let macro = try #require(Estimate.macroMean(domains))
        #expect(agree(macro.value, 0.01))
        #expect(agree(macro.standardError, 0.005 / 3))
        let numerator = 25e-6 * 25e-6
        let denominator = 9e-6 * 9e-6 / 12 + 16e-6 * 16e-6 / 50
        #expect(agree(macro.degreesOfFreedom, numerator / denominator))
        #expect(Estimate.macroMean([]) == nil)
    }

    @Test("equal domains give the degrees of freedom of all together; one alone stays what it is")
    func satterthwaite() throws {
        let one = Estimate(value: 0.01, standardError: 0.003, degreesOfFreedom: 12)
        let five = try #require(Estimate.macroMean([Estimate](repeating: one, count: 5)))
        #expect(agree(five.degreesOfFreedom, 60))
        #expect(agree(five.standardError, 0.003 / 5.0.squareRoot()))
        let alone = try #require(Estimate.macroMean([one]))
        #expect(agree(alone.degreesOfFreedom, 12))
        #expect(agree(alone.standardError, 0.003))
        let certain = Estimate(value: 0.1, standardError: 0, degreesOfFreedom: 3)
        let sure = certain.minus(Estimate(value: 0, standardError: 0, degreesOfFreedom: 7))
        #expect(sure == Estimate(value: 0.1, standardError: 0, degreesOfFreedom: 3))
        let known = Estimate(value: 0, standardError: 1, degreesOfFreedom: .infinity)
        #expect(known.minus(known).degreesOfFreedom == .infinity)
    }

    @Test("the minimal detectable effect is the normal formula for many documents and larger for few")
    func minimalDetectableEffect() {
        let many = Estimate(value: 0, standardError: 0.01, degreesOfFreedom: .infinity)
        // z₀.₉₅ + z₀.₈ = 1.644853627 + 0.841621234.
        #expect(agree(many.minimalDetectableEffect(alpha: 0.05, power: 0.8), 0.024_864_748_61, within: 1e-9))
        let few = Estimate(value: 0, standardError: 0.01, degreesOfFreedom: 4)
        #expect(few.minimalDetectableEffect(alpha: 0.05, power: 0.8) > 0.03)
    }

    @Test("a margin test doubles the smaller side and names it")
    func marginTest() {
        let worse = MarginTest(Estimate(value: 0.03, standardError: 0.01, degreesOfFreedom: 30), margin: 0.005)
        #expect(worse.side == .above)
        #expect(worse.p == 2 * worse.pAbove)
        let better = MarginTest(Estimate(value: -0.03, standardError: 0.01, degreesOfFreedom: 30), margin: 0.005)
        #expect(better.side == .below)
        #expect(better.p == worse.p)
        let within = MarginTest(Estimate(value: 0, standardError: 0.001, degreesOfFreedom: 30), margin: 0.005)
        #expect(within.p == 1)
        #expect(within.side == nil)
    }

    @Test("the 90 % interval lies within the margin exactly when both one-sided tests at 5 % refute a larger change")
    func equivalence() {
        var dice = Dice(seed: 8)
        for _ in 0..<500 {
            let estimate = Estimate(
                value: 0.004 * dice.normal(), standardError: 0.002 * Double.random(in: 0.1...2, using: &dice), degreesOfFreedom: 9)
            let refuted = estimate.pAbove(-0.005) < 0.05 && estimate.pBelow(-0.005) < 0.05
            #expect(estimate.interval(level: 0.9).lies(within: 0.005) == refuted)
        }
    }

    @Test("a joined claim is as weak as its weakest part")
    func intersectionUnion() {
        #expect(IntersectionUnion.p(0.01, 0.2) == 0.2)
        #expect(IntersectionUnion.p(0.03) == 0.03)
        #expect(IntersectionUnion.p() == 1)
    }

    @Test("slope, intercept, error and p equal a least-squares line of the reference")
    func trend() throws {
        for row in reference.trends {
            let trend = try #require(LinearTrend(zip(row.x, row.y).map { ($0, $1) }))
            #expect(agree(trend.slope, row.slope, within: 1e-9))
            #expect(agree(trend.intercept, row.intercept, within: 1e-9))
            let slope = try #require(trend.slopeEstimate)
            #expect(agree(slope.standardError, row.slopeError, within: 1e-9))
            #expect(agree(2 * min(slope.pAbove(0), slope.pBelow(0)), row.p, within: 1e-7))
        }
    }

    @Test("two points make a line without an error; one place makes none")
    func shortTrends() throws {
        let line = try #require(LinearTrend([(x: 1, y: 2), (x: 3, y: 8)]))
        #expect(line.slope == 3)
        #expect(line.intercept == -1)
        #expect(line.slopeEstimate == nil)
        #expect(LinearTrend([]) == nil)
        #expect(LinearTrend([(x: 1, y: 2)]) == nil)
        #expect(LinearTrend([(x: 0.1, y: 2), (x: 0.1, y: 3), (x: 0.1, y: 4)]) == nil)
        #expect(LinearTrend([(x: 0.1, y: .infinity), (x: 0.2, y: 3)]) == nil)
    }
}
