import Testing

@testable import TrackStatistics

@Suite("The paired ratio")
struct PairedRatioTests {
    @Test("ratio, error, interval and p-values equal a clustered weighted regression")
    func reference() throws {
        let cases = try Reference.load().paired
        #expect(cases.count == 5)
        for row in cases {
            let ratio = try PairedRatio(differences: row.differences, weights: row.weights)
            #expect(agree(ratio.theta, row.theta, within: 1e-11))
            #expect(agree(ratio.standardError, row.standardError, within: 1e-10))
            #expect(agree(ratio.degreesOfFreedom, row.degreesOfFreedom))
            #expect(agree(ratio.estimate.pAbove(row.margin), row.pAbove, within: 1e-8))
            #expect(agree(ratio.estimate.pBelow(row.margin), row.pBelow, within: 1e-8))
            let interval = ratio.estimate.interval(level: 0.9)
            #expect(agree(interval.lower, row.lower90, within: 1e-9))
            #expect(agree(interval.upper, row.upper90, within: 1e-9))
        }
    }

    @Test("a margin tests the documents less the margin: same residuals, shifted ratio")
    func marginShift() throws {
        var dice = Dice(seed: 1)
        let (differences, weights) = dice.documents(60, theta: 0.02)
        let ratio = try PairedRatio(differences: differences, weights: weights)
        for margin in [0.005, 0.02, 0.3] {
            let shifted = try PairedRatio(
                differences: zip(differences, weights).map { $0 - margin * $1 }, weights: weights)
            #expect(agree(shifted.theta, ratio.theta - margin, within: 1e-10))
            #expect(agree(shifted.standardError, ratio.standardError, within: 1e-10))
            #expect(agree(shifted.estimate.pAbove(0), ratio.estimate.pAbove(margin), within: 1e-8))
        }
    }

    @Test("exchanging the models turns the sign and exchanges the p-values")
    func exchange() throws {
        var dice = Dice(seed: 2)
        for count in [3, 17, 200] {
            let (differences, weights) = dice.documents(count, theta: 0.01, lengthDeviation: 0.5)
            let forth = try PairedRatio(differences: differences, weights: weights)
            let back = try PairedRatio(differences: differences.map { -$0 }, weights: weights)
            #expect(back.theta == -forth.theta)
            #expect(back.standardError == forth.standardError)
            #expect(back.estimate.pAbove(0.005) == forth.estimate.pBelow(0.005))
            #expect(MarginTest(back.estimate, margin: 0.005).p == MarginTest(forth.estimate, margin: 0.005).p)
        }
    }

    @Test("a common factor cancels, a factor on the differences scales, and the order of documents says nothing")
    func scaling() throws {
        var dice = Dice(seed: 3)
        let (differences, weights) = dice.documents(50, theta: 0.01)
        let ratio = try PairedRatio(differences: differences, weights: weights)
        let both = try PairedRatio(differences: differences.map { $0 * 8 }, weights: weights.map { $0 * 8 })
        #expect(both.estimate == ratio.estimate)
        let tripled = try PairedRatio(differences: differences.map { $0 * 3 }, weights: weights)
        #expect(agree(tripled.theta, 3 * ratio.theta))
        #expect(agree(tripled.standardError, 3 * ratio.standardError))
        let order = differences.indices.shuffled(using: &dice)
        let shuffled = try PairedRatio(differences: order.map { differences[$0] }, weights: order.map { weights[$0] })
        #expect(agree(shuffled.theta, ratio.theta))
        #expect(agree(shuffled.standardError, ratio.standardError))
    }

    @Test("every document twice: same ratio, an error smaller by √((n−1)/(2n−1))")
    func duplicates() throws {
        var dice = Dice(seed: 4)
        let (differences, weights) = dice.documents(30, theta: 0.01)
        let once = try PairedRatio(differences: differences, weights: weights)
        let twice = try PairedRatio(differences: differences + differences, weights: weights + weights)
        #expect(agree(twice.theta, once.theta))
        #expect(agree(twice.standardError, once.standardError * (29.0 / 59).squareRoot()))
        #expect(agree(twice.effectiveDocuments, 2 * once.effectiveDocuments))
    }

    @Test("the noise of repeating is added to the variance and to nothing else")
    func repeatVariance() throws {
        var dice = Dice(seed: 5)
        let (differences, weights) = dice.documents(30, theta: 0.01)
        let quiet = try PairedRatio(differences: differences, weights: weights)
        let noisy = try PairedRatio(differences: differences, weights: weights, repeatVariance: 1e-4)
        #expect(agree(noisy.standardError, (quiet.standardError * quiet.standardError + 1e-4).squareRoot()))
        #expect(noisy.theta == quiet.theta)
        #expect(noisy.degreesOfFreedom == quiet.degreesOfFreedom)
        #expect(noisy.dominance == quiet.dominance)
    }

    @Test("identical models are without doubt within every margin")
    func identical() throws {
        let ratio = try PairedRatio(differences: [0, 0, 0], weights: [10, 20, 15])
        #expect(ratio.theta == 0)
        #expect(ratio.standardError == 0)
        #expect(ratio.estimate.pAbove(0.005) == 1)
        #expect(ratio.estimate.pBelow(0.005) == 1)
        #expect(ratio.estimate.pAbove(0) == 1)
        #expect(ratio.estimate.interval(level: 0.9) == ConfidenceInterval(lower: 0, upper: 0, level: 0.9))
        #expect(ratio.estimate.interval(level: 0.9).lies(within: 0.005))
        #expect(ratio.estimate.minimalDetectableEffect(alpha: 0.05, power: 0.8) == 0)
        #expect(MarginTest(ratio.estimate, margin: 0.005).side == nil)
        #expect(ratio.dominance.variance.share == 0)
    }

    @Test("documents that all changed at one rate leave no doubt, whatever their rounding")
    func constantRate() throws {
        var dice = Dice(seed: 6)
        for rate in [0.01, -0.013, 0.1, 1.0 / 3, 1e-9] {
            let weights = (0..<40).map { _ in Double(Int.random(in: 100...900, using: &dice)) }
            let ratio = try PairedRatio(differences: weights.map { $0 * rate }, weights: weights)
            #expect(agree(ratio.theta, rate))
            #expect(ratio.standardError == 0)
            #expect(ratio.estimate.pAbove(abs(rate) / 2) == (rate > 0 ? 0 : 1))
            #expect(ratio.estimate.pBelow(abs(rate) / 2) == (rate < 0 ? 0 : 1))
            #expect(!ratio.estimate.interval(level: 0.9).lies(within: abs(rate) / 2))
        }
    }

    @Test("small differences of many long documents keep their digits")
    func cancellation() throws {
        let weights = [Double](repeating: 1, count: 20_000)
        let differences = (0..<20_000).map { $0.isMultiple(of: 2) ? 1e9 + 0.5 : -1e9 }
        #expect(try PairedRatio(differences: differences, weights: weights).theta == 0.25)
        #expect(CompensatedSum([1e100, 1, -1e100]).value == 1)
        #expect(CompensatedSum([.infinity, 1]).value == Double.infinity)
    }

    @Test("what cannot be tested says why, and the ratio where it is known")
    func untestable() {
        func failure(_ differences: [Double], _ weights: [Double]) -> Untestable? {
            do throws(Untestable) {
                _ = try PairedRatio(differences: differences, weights: weights)
                return nil
            } catch { return error }
        }
        #expect(failure([], []) == Untestable(reason: .noDocuments, theta: nil))
        #expect(failure([0, 0], [0, 0]) == Untestable(reason: .noDocuments, theta: nil))
        #expect(failure([2], [10]) == Untestable(reason: .oneDocument, theta: 0.2))
        #expect(failure([2, 0], [10, 0]) == Untestable(reason: .oneDocument, theta: 0.2))
        #expect(failure([1], [1, 2])?.reason == .unpaired(differences: 1, weights: 2))
        #expect(failure([1, .nan], [1, 2])?.reason == .invalidDocument(1))
        #expect(failure([.infinity, 1], [1, 2])?.reason == .invalidDocument(0))
        #expect(failure([1, 1], [1, -2])?.reason == .invalidDocument(1))
        #expect(failure([1, 1], [1, 0])?.reason == .invalidDocument(1))
        #expect(failure([1, 1], [1, .infinity])?.reason == .invalidDocument(1))
        guard case .tooFewEffectiveDocuments(let effective) = failure([1, 2, 1], [1000, 1, 1])?.reason else {
            Issue.record("one document of nearly all tokens must not be tested")
            return
        }
        #expect(effective < 1.01)
        #expect(failure([1, 2], [10, 10]) == nil)
    }

    @Test("documents without tokens change nothing")
    func emptyDocuments() throws {
        let without = try PairedRatio(differences: [1, 2, 4], weights: [10, 12, 9])
        let with = try PairedRatio(differences: [1, 0, 2, 4], weights: [10, 0, 12, 9])
        #expect(with.estimate == without.estimate)
        #expect(with.documents == 3)
        #expect(with.dominance.weight.document == 2)
    }

    @Test("the document that owns the variance and the one that owns the tokens are named")
    func dominance() throws {
        let ratio = try PairedRatio(differences: [1, 1.1, 0.9, 9, 8], weights: [10, 10, 10, 10, 80])
        #expect(ratio.dominance.variance.document == 3)
        // (22/3)² of (2/3)² + (17/30)² + (23/30)² + (22/3)² + (16/3)².
        #expect(agree(ratio.dominance.variance.share, 0.643_463_000_877_45))
        #expect(ratio.dominance.weight.document == 4)
        #expect(agree(ratio.dominance.weight.share, 80.0 / 120))
    }
}
