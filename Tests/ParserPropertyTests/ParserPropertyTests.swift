import FoundationEssentials
import ParserProperties
import Testing

@Suite struct ParserPropertyTests {
    @Test("every seed is accepted, and the property holds for it", arguments: ParserProperty.all)
    func seeds(_ property: ParserProperty) async throws {
        for seed in try property.seeds() {
            let isAccepted = try await property.holds(seed)
            #expect(isAccepted, "\(property): \(String(decoding: seed, as: UTF8.self).debugDescription)")
        }
    }

    @Test("what once broke a property breaks it no more", arguments: ParserProperty.all)
    func regressions(_ property: ParserProperty) async throws {
        for regression in Regressions.of(property) { _ = try await property.holds(regression) }
    }

    @Test("no change of a seed breaks a property", arguments: ParserProperty.all)
    func changes(_ property: ParserProperty) async throws {
        var mutation = JSONMutation(using: SeededRandom(8))
        for seed in try property.seeds() {
            for _ in 0..<400 {
                let changed = mutation.change(seed)
                do {
                    _ = try await property.holds(changed)
                } catch {
                    Issue.record("\(property): \(error), for \(String(decoding: changed, as: UTF8.self).debugDescription)")
                }
            }
        }
    }
}

/// SplitMix64: the same changes at every run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
