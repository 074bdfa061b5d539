import Testing

@testable import TrackStatistics

@Suite("False discovery control")
struct FalseDiscoveryTests {
    @Test("adjusted p-values equal SciPy's, ties and extremes included")
    func reference() throws {
        for family in try Reference.load().falseDiscovery {
            let adjusted = FalseDiscovery(pValues: family.p).adjusted
            #expect(adjusted.count == family.adjusted.count)
            #expect(zip(adjusted, family.adjusted).allSatisfy { agree($0, $1) })
        }
    }

    @Test("rejections are those of the step-up rule")
    func stepUp() {
        var dice = Dice(seed: 12)
        for _ in 0..<300 {
            let count = Int.random(in: 1...30, using: &dice)
            let family = (0..<count).map { _ in
                let uniform = Double.random(in: 0...1, using: &dice)
                return uniform * uniform * uniform
            }
            for q in [0.01, 0.05, 0.2] {
                let sorted = family.sorted()
                let last = sorted.indices.last { sorted[$0] <= Double($0 + 1) * q / Double(count) }
                let expected = family.map { p in last.map { p <= sorted[$0] } ?? false }
                #expect(FalseDiscovery(pValues: family).rejected(at: q) == expected)
            }
        }
    }

    @Test("equal p-values share one fate, and no family has no flags")
    func ties() {
        let tied = FalseDiscovery(pValues: [0.04, 0.04, 0.04])
        #expect(tied.adjusted == [0.04, 0.04, 0.04])
        #expect(tied.rejected(at: 0.05) == [true, true, true])
        #expect(FalseDiscovery(pValues: []).adjusted.isEmpty)
        #expect(FalseDiscovery(pValues: []).rejected(at: 0.05).isEmpty)
    }

    @Test("a p that is no number is a member of the family without evidence")
    func notANumber() {
        let family = FalseDiscovery(pValues: [0.02, .nan])
        #expect(family.adjusted == [0.04, 1])
        #expect(FalseDiscovery(pValues: [.nan, 0.02, .nan]).adjusted == [1, 0.06, 1])
    }
}
