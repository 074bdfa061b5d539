import Testing
import TrackStatistics

@Suite struct WeightSharesTests {
    /// Kish's n_eff by hand: (1+1+2)² / (1+1+4) = 16/6.
    @Test("effective parts and the largest share are those of the definition")
    func closedForm() {
        let shares = WeightShares([1, 1, 2])
        #expect(shares.count == 3)
        #expect(abs(shares.effective - 16.0 / 6) < 1e-12)
        #expect(shares.largest == 0.5)
        #expect(abs(WeightShares(Array(repeating: 1e15, count: 40)).effective - 40) < 1e-9)
        #expect(WeightShares([7, 0]).effective == 1)
        #expect(WeightShares([]).effective == 0 && WeightShares([]).largest == 0)
    }
}
