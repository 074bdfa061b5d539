import Testing

@testable import TrackCore

@Suite struct TypeLossesTests {
    /// Of a domain of ten tokens with 8 nats.
    private static let sound = TypeLosses(
        id: [7, 0, 300], text: ["a", "", "<0xE2>"], count: [3, 1, 2], nll: [4, 2, 1.5], rest: .init(count: 4, nll: 0.5))

    /// The fields that are found fault with, when something of the sound ones is changed.
    private static func fields(_ change: (inout TypeLosses) -> Void) -> [String] {
        var types = sound
        change(&types)
        return types.faults(tokens: 10, nll: 8).map(\.field)
    }

    @Test("what adds up has no fault, whether all types are listed, one is, or one is infinite")
    func sound() {
        #expect(Self.fields { _ in }.isEmpty)
        let all = TypeLosses(id: [1], text: ["x"], count: [10], nll: [8], rest: .init(count: 0, nll: 0))
        #expect(all.faults(tokens: 10, nll: 8).isEmpty)
        let infinite = TypeLosses(id: [1, 2], text: ["x", "y"], count: [1, 1], nll: [.infinity, 1], rest: .init(count: 8, nll: 2))
        #expect(infinite.faults(tokens: 10, nll: .infinity).isEmpty)
        #expect(Self.fields { $0.text[0] = String(repeating: "é", count: 128) }.isEmpty)
        #expect(Self.fields { $0.id[0] = Int64(Int32.max) }.isEmpty)
        // Sums of float64 in another order differ in their last digits.
        #expect(Self.sound.faults(tokens: 10, nll: 8 * (1 + 1e-12)).isEmpty)
    }

    @Test("lists that are empty, too long or of unequal length are named")
    func lengths() {
        #expect(Self.fields { $0 = TypeLosses(id: [], text: [], count: [], nll: [], rest: .init(count: 10, nll: 8)) } == ["/types/id"])
        func listing(_ size: Int64) -> TypeLosses {
            TypeLosses(
                id: Array(0..<size), text: Array(repeating: "", count: Int(size)), count: Array(repeating: 1, count: Int(size)),
                nll: Array(repeating: 1, count: Int(size)), rest: .init(count: 0, nll: 0))
        }
        #expect(listing(1000).faults(tokens: 1000, nll: 1000).isEmpty)
        #expect(listing(1001).faults(tokens: 1001, nll: 1001).map(\.field) == ["/types/id"])
        #expect(Self.fields { $0.text.removeLast() } == ["/types/text"])
        #expect(Self.fields { $0.count.append(1) } == ["/types/count"])
        #expect(Self.fields { $0.nll.append(0) } == ["/types/nll"])
    }

    @Test("ids and texts that no row can hold are named with their place")
    func values() {
        #expect(Self.fields { $0.id[1] = -1 } == ["/types/id/1"])
        #expect(Self.fields { $0.id[2] = 1 << 31 } == ["/types/id/2"])
        #expect(Self.fields { $0.id[2] = 7 } == ["/types/id"])
        #expect(Self.fields { $0.text[1] = String(repeating: "x", count: 257) } == ["/types/text/1"])
        #expect(Self.fields { $0.text[2] = "a\0b" } == ["/types/text/2"])
    }

    @Test("a sum is a number from 0 on, that of the rest too", arguments: [Double.nan, -1, -Double.infinity])
    func numbers(value: Double) {
        #expect(Self.fields { $0.nll[1] = value } == ["/types/nll/1"])
        #expect(Self.fields { $0.rest.nll = value } == ["/types/rest/nll"])
    }

    @Test("the largest loss comes first; equal ones stand in any order")
    func order() {
        #expect(Self.fields { $0.nll = [2, 4, 1.5] } == ["/types/nll"])
        #expect(Self.fields { $0.nll = [3, 3, 1.5] }.isEmpty)
    }

    @Test("counts are from 1 on and add up to the tokens")
    func counts() {
        #expect(Self.fields { $0.count = [4, 0, 2] } == ["/types/count"])
        #expect(Self.fields { $0.rest.count = 5 } == ["/types/count"])
        #expect(Self.fields { $0.count[0] = 2 } == ["/types/count"])
        #expect(Self.fields { ($0.count[0], $0.rest.count) = (8, -1) } == ["/types/count"])
    }

    @Test("sums add up to the domain's NLL, and a rest without tokens has none")
    func sums() {
        #expect(Self.fields { $0.nll[2] = 1.4 } == ["/types/nll"])
        #expect(Self.fields { $0.rest.nll = 0.5 + 1e-7 } == ["/types/nll"])
        #expect(Self.fields { $0.nll[0] = .infinity } == ["/types/nll"])
        #expect(Self.sound.faults(tokens: 10, nll: .infinity).map(\.field) == ["/types/nll"])
        #expect(Self.fields { ($0.count[0], $0.rest.count) = (7, 0) } == ["/types/nll"])
    }
}

@Suite struct TokenHistogramTests {
    @Test("each threshold is the lower edge of the bin from which its density counts")
    func thresholds() {
        for (tau, bin) in TokenHistogram.thresholds {
            #expect(TokenHistogram.bin(of: TokenHistogram.edges[bin - 1]) == bin)
            #expect(TokenHistogram.bin(of: TokenHistogram.edges[bin - 1].nextDown) == bin - 1)
            // The natural logarithm, written to its last digit.
            #expect(abs(exponential(TokenHistogram.edges[bin - 1]) - tau) < 1e-12 * tau)
        }
    }

    @Test("a density is the share of the tokens at or above its threshold; without tokens there is none")
    func densities() {
        var counts = [Int64](repeating: 0, count: TokenHistogram.binCount)
        (counts[4], counts[5], counts[12], counts[13]) = (5, 2, 2, 1)
        #expect(TokenHistogram.densities(counts).map(\.tau) == [1.5, 2.5, 10, 25, 1000])
        #expect(TokenHistogram.densities(counts).map(\.share) == [1, 0.5, 0.3, 0.3, 0.1])
        #expect(TokenHistogram.highPerplexityShare(counts) == 0.5)
        #expect(TokenHistogram.densities(counts.map { _ in 0 }).isEmpty)
        #expect(TokenHistogram.densities([1, 2, 3]).isEmpty)
    }

    private func exponential(_ x: Double) -> Double {
        var (term, sum) = (1.0, 1.0)
        for n in 1..<60 {
            term *= x / Double(n)
            sum += term
        }
        return sum
    }
}
