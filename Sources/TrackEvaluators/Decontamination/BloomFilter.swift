#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A set that answers "certainly not" or "perhaps": B. H. Bloom, "Space/Time Trade-offs in Hash Coding with Allowable Errors" (1970).
///
/// For n members and a rate p of false answers it has m = −n ln p / (ln 2)² bits and looks at k = (m / n) ln 2 of them (A. Broder and
/// M. Mitzenmacher, "Network Applications of Bloom Filters", 2004). The k places come from two hashes as g = h₁ + i·h₂, which loses
/// nothing of the rate (A. Kirsch and M. Mitzenmacher, "Less Hashing, Same Performance", 2006).
struct BloomFilter: Sendable {
    let bits: UInt64
    let probes: Int
    private var words: [UInt64]

    /// - Parameters:
    ///   - members: how many will be inserted; more of them raise the rate of false answers.
    ///   - falsePositiveRate: above 0 and below 1.
    init(members: Int, falsePositiveRate: Double) {
        let ln2 = log(2.0)
        let wanted = (-Double(max(1, members)) * log(falsePositiveRate) / (ln2 * ln2)).rounded(.up)
        bits = UInt64(max(64, wanted))
        probes = max(1, Int((Double(bits) / Double(max(1, members)) * ln2).rounded()))
        words = [UInt64](repeating: 0, count: Int((bits + 63) / 64))
    }

    var bytes: Int { words.count * 8 }

    mutating func insert(_ hash: UInt64) {
        for probe in 0..<probes {
            let place = place(hash, probe)
            words[Int(place >> 6)] |= 1 << (place & 63)
        }
    }

    /// False only for what was never inserted.
    func mayContain(_ hash: UInt64) -> Bool {
        for probe in 0..<probes {
            let place = place(hash, probe)
            if words[Int(place >> 6)] & (1 << (place & 63)) == 0 { return false }
        }
        return true
    }

    /// A place in `0..<bits`: the upper half of the product spreads a 64-bit number over any range, without a division.
    func place(_ hash: UInt64, _ probe: Int) -> UInt64 {
        (hash &+ UInt64(probe) &* Self.second(hash)).multipliedFullWidth(by: bits).high
    }

    /// The finaliser of splitmix64, made odd so that no two places of one member are the same by construction.
    private static func second(_ hash: UInt64) -> UInt64 {
        var mixed = hash ^ (hash >> 30)
        mixed &*= 0xbf58_476d_1ce4_e5b9
        mixed ^= mixed >> 27
        mixed &*= 0x94d0_49bb_1331_11eb
        return (mixed ^ (mixed >> 31)) | 1
    }
}
