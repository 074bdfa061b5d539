import TrackCore

/// SplitMix64 (Steele, Lea, Flood 2014), which orders the documents of a domain set. A stored seed must give the same order for ever, so it
/// is written here and does not depend on a library.
struct SelectionRandom {
    private var state: UInt64

    init(state: UInt64) { self.state = state }

    /// A stream of its own for every name, of a domain, `source/domain`, or of a source. It starts at the first eight bytes of
    /// SHA-256(`track selection 1\n<seed>\n<name>`).
    init(seed: Int64, name: String) {
        let digest = Digest(ofText: "track selection 1\n\(seed)\n\(name)")
        state = digest.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// A number from 0 to `bound` - 1, each equally likely: values of the incomplete last stretch are drawn again.
    mutating func next(below bound: UInt64) -> UInt64 {
        let excess = (UInt64.max % bound + 1) % bound
        while true {
            let value = next()
            if excess == 0 || value <= UInt64.max - excess { return value % bound }
        }
    }
}
