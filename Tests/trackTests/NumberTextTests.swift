import Testing
import TrackCore
import track

@Suite struct NumberTextTests {
    @Test("perplexities keep two decimals while that says something")
    func perplexity() {
        #expect(NumberText.perplexity(7.214) == "7.21")
        #expect(NumberText.perplexity(999.994) == "999.99")
        #expect(NumberText.perplexity(48_213.4) == "48213")
        #expect(NumberText.perplexity(1.25e9) == "1.25e+09")
        #expect(NumberText.perplexity(.infinity) == "inf")
        #expect(NumberText.perplexity(.nan) == "nan")
        #expect(NumberText.perplexity(nil) == "-")
    }

    @Test("bits per byte have three decimals, and those of a broken model no more digits than its perplexity")
    func bits() {
        #expect(NumberText.bits(1.23456) == "1.235")
        #expect(NumberText.bits(3.2e30) == "3.20e+30")
        #expect(NumberText.bits(.infinity) == "inf")
        #expect(NumberText.bits(.nan) == "nan")
        #expect(NumberText.bits(nil) == "-")
    }

    @Test("a log ratio becomes a change in per cent with its sign")
    func change() {
        #expect(NumberText.change(logRatio: 0.05) == "+5.1 %")
        #expect(NumberText.change(logRatio: -0.5) == "-39.3 %")
        #expect(NumberText.change(logRatio: 1e-9) == "0.0 %")
        #expect(NumberText.change(logRatio: -1e-9) == "0.0 %")
        #expect(NumberText.change(logRatio: .infinity) == "not finite")
        #expect(NumberText.change(logRatio: 30) == "+1.07e+15 %")
        #expect(NumberText.interval(low: -0.01, high: 0.02) == "-1.0 to +2.0 %")
        #expect(NumberText.interval(low: nil, high: 1) == "")
    }

    @Test("counts, sizes and times")
    func others() {
        #expect(NumberText.grouped(0) == "0")
        #expect(NumberText.grouped(-1_234_567) == "-1,234,567")
        #expect(NumberText.grouped(123_456) == "123,456")
        #expect(NumberText.grouped(.min) == "-9,223,372,036,854,775,808")
        #expect(NumberText.parameters(44_288) == "44,288")
        #expect(NumberText.parameters(697_344) == "0.70 M")
        #expect(NumberText.parameters(7_240_000_000) == "7.24 B")
        #expect(NumberText.bytes(812) == "812 B")
        #expect(NumberText.bytes(1_400_000) == "1.4 MB")
        #expect(NumberText.bytes(240_000_000) == "240 MB")
        #expect(NumberText.counted(1, "domain") == "1 domain")
        #expect(NumberText.time(Timestamp("2026-11-23T05:41:59.999Z")) == "2026-11-23 05:41 UTC")
        #expect(NumberText.probability(0.00004) == "<0.001")
        #expect(NumberText.probability(0.0123) == "0.012")
    }
}

@Suite struct EffortTextTests {
    @Test("what a run cost is one line, and nothing where nobody said")
    func effort() {
        #expect(RunText.effort(nil).isEmpty)
        #expect(RunText.effort(EvaluationEffort(tokens: 5)).isEmpty)
        let effort = EvaluationEffort(tokensPerSecond: 2799.6, peakMemoryBytes: 512_000_000, noise: 3.1e-8, resumedDomains: 3)
        #expect(
            RunText.effort(effort)
                == "  2800 tokens/s; 512 MB at most; a document's NLL repeats to 3.1e-08; 3 domains from an attempt before\n")
    }
}
