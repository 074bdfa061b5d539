import Glibc

/// Random numbers that are the same in every run (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func normal() -> Double {
        let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &self))).squareRoot()
        return radius * cos(2 * Double.pi * Double.random(in: 0..<1, using: &self))
    }

    /// Documents of log-normal length whose change is `theta` nats per token, spread by `deviation` between documents.
    mutating func documents(
        _ count: Int, theta: Double, deviation: Double = 0.03, lengthDeviation: Double = 1
    ) -> (differences: [Double], weights: [Double]) {
        var differences: [Double] = []
        var weights: [Double] = []
        for _ in 0..<count {
            let weight = max(1, exp(6 + lengthDeviation * normal()).rounded())
            weights.append(weight)
            differences.append(weight * (theta + deviation * normal()))
        }
        return (differences, weights)
    }
}
