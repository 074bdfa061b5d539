import Testing

@testable import TrackEvaluators

@Suite struct BloomFilterTests {
    /// Hashes as good as random: splitmix64 over a counter.
    private static func hash(_ number: Int) -> UInt64 {
        var z = UInt64(number) &* 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    @Test("what was inserted is never denied", arguments: [1, 2, 63, 1000, 20_000], [0.5, 0.01, 1e-5])
    func noFalseNegatives(members: Int, rate: Double) {
        var filter = BloomFilter(members: members, falsePositiveRate: rate)
        for member in 0..<members { filter.insert(Self.hash(member)) }
        #expect((0..<members).allSatisfy { filter.mayContain(Self.hash($0)) })
    }

    /// The bound is five standard deviations of a binomial count.
    @Test("what was not inserted passes as rarely as was asked for", arguments: [0.1, 0.01, 0.001])
    func falsePositives(rate: Double) {
        let (members, asked) = (20_000, 200_000)
        var filter = BloomFilter(members: members, falsePositiveRate: rate)
        for member in 0..<members { filter.insert(Self.hash(member)) }
        let passed = (members..<(members + asked)).count { filter.mayContain(Self.hash($0)) }
        let expected = rate * Double(asked)
        #expect(abs(Double(passed) - expected) < 5 * expected.squareRoot() + 0.05 * expected, "\(passed) of \(asked) at \(rate)")
    }

    @Test("size and probes are those of the formulas")
    func size() {
        // m = -n ln p / (ln 2)^2 and k = (m / n) ln 2, computed by hand for n = 1,000,000 and p = 1e-5.
        let filter = BloomFilter(members: 1_000_000, falsePositiveRate: 1e-5)
        #expect(filter.bits == 23_962_646)
        #expect(filter.probes == 17)
        #expect(filter.bytes == 2_995_336)
    }

    /// Chi-square with 255 degrees of freedom: above 347.7 once in ten thousand. The hash has a new key in every process, so the bound is
    /// wide.
    @Test("places are spread evenly over the filter, for every probe")
    func spread() {
        let filter = BloomFilter(members: 10_000, falsePositiveRate: 1e-5)
        for probe in [0, 1, filter.probes - 1] {
            var buckets = [Double](repeating: 0, count: 256)
            let count = 51_200
            for number in 0..<count {
                let hash = withUnsafeBytes(of: number) { ParagraphIndex.hash($0) }
                buckets[Int(filter.place(hash, probe) * 256 / filter.bits)] += 1
            }
            let expected = Double(count) / 256
            let chiSquare = buckets.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
            #expect(chiSquare < 400, "probe \(probe): \(chiSquare)")
        }
    }

    @Test("an empty filter denies everything")
    func empty() {
        let filter = BloomFilter(members: 0, falsePositiveRate: 0.01)
        #expect(!(0..<1000).contains { filter.mayContain(Self.hash($0)) })
    }
}
