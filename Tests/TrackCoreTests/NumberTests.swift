import Glibc
import Testing
import TrackCore

@Suite struct NumberTests {
    // References from Python's decimal with 40 digits.
    @Test("perplexities and bits per byte agree with 40-digit arithmetic")
    func perplexities() throws {
        let tokenWeighted = try #require(Perplexity.tokenWeighted(nll: 1234.5, tokens: 678))
        #expect(abs(tokenWeighted / 6.176776047432262706 - 1) < 1e-15)
        let documentWeighted = try #require(Perplexity.documentWeighted(nll: [10.5, 99.25, 0.125], tokens: [3, 17, 1]))
        #expect(abs(documentWeighted / 23.43924524408296879 - 1) < 1e-15)
        let bits = try #require(Perplexity.bitsPerByte(nll: 1234.5, bytes: 4321))
        #expect(abs(bits / 0.4121747345469625842 - 1) < 1e-15)
    }

    @Test("an infinite NLL is an infinite perplexity, and nothing scored is no number")
    func edges() {
        #expect(Perplexity.tokenWeighted(nll: .infinity, tokens: 5) == .infinity)
        #expect(Perplexity.tokenWeighted(nll: 0, tokens: 3) == 1)
        #expect(Perplexity.tokenWeighted(nll: 1, tokens: 0) == nil)
        #expect(Perplexity.documentWeighted(nll: [], tokens: []) == nil)
        #expect(Perplexity.documentWeighted(nll: [1, .infinity], tokens: [1, 1]) == .infinity)
        #expect(Perplexity.documentWeighted(nll: [1, 2], tokens: [1]) == nil)
        #expect(Perplexity.bitsPerByte(nll: 1, bytes: 0) == nil)
    }

    @Test("a total loses nothing where a plain sum does")
    func totals() {
        let values = [Double](repeating: 0.1, count: 10) + [1e16, 1, 1]
        #expect(CompensatedTotal.of(values) == 1.0000000000000004e16)  // math.fsum; a plain sum gives 1e16
        #expect(CompensatedTotal.of([1, .infinity, 2]) == .infinity)
        #expect(CompensatedTotal.of([]) == 0)
        var random = SeededRandom(5)
        let many = (0..<10_000).map { _ in Double.random(in: 0...1000, using: &random) }
        let total = CompensatedTotal.of(many)
        for _ in 0..<10 { #expect(CompensatedTotal.of(many.shuffled(using: &random)) == total) }
    }

    @Test("the histogram counts perplexity 2.5 and above from its sixth bin on")
    func histogram() {
        #expect(TokenHistogram.edges.count == TokenHistogram.binCount - 1)
        #expect(TokenHistogram.edges == TokenHistogram.edges.sorted())
        var counts = [Int64](repeating: 0, count: TokenHistogram.binCount)
        counts[4] = 30
        counts[5] = 10
        #expect(TokenHistogram.highPerplexityShare(counts) == 0.25)
        #expect(TokenHistogram.highPerplexityShare([Int64](repeating: 0, count: 19)) == nil)
        #expect(TokenHistogram.highPerplexityShare([1, 2]) == nil)
        let bars = (0..<19).map { Int64($0 == 0 ? 81 : 1) + ($0 == 18 ? 1 : 0) }
        #expect(TokenHistogram.densities(bars).map(\.tau) == [1.5, 2.5, 10, 25, 1000])
        #expect(TokenHistogram.densities(bars).map(\.share) == [0.17, 0.15, 0.12, 0.11, 0.07])
        for (tau, bin) in TokenHistogram.thresholds { #expect(abs(TokenHistogram.edges[bin - 1] - log(tau)) < 1e-15) }
        #expect(TokenHistogram.densities([]).isEmpty)
    }
}
