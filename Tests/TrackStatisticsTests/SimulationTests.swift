import Testing

@testable import TrackStatistics

/// Deterministic: the seeds are fixed.
@Suite("What the paired ratio promises, in simulated domains")
struct SimulationTests {
    @Test("intervals cover the truth about as often as they say", arguments: [(20, 0.90), (80, 0.925), (400, 0.93)])
    func coverage(documents: Int, least: Double) {
        var dice = Dice(seed: UInt64(documents))
        let rounds = documents > 100 ? 600 : 1_500
        var tested = 0
        var covered = 0
        for _ in 0..<rounds {
            let (differences, weights) = dice.documents(documents, theta: 0.02)
            // A draw in which one document outweighs the others is refused, as it would be in earnest.
            guard let ratio = try? PairedRatio(differences: differences, weights: weights) else { continue }
            tested += 1
            let interval = ratio.estimate.interval(level: 0.95)
            if interval.lower <= 0.02, 0.02 <= interval.upper { covered += 1 }
        }
        let share = Double(covered) / Double(tested)
        #expect(tested >= rounds * 99 / 100)
        #expect(share >= least && share <= 0.97, "\(share) of \(tested)")
    }

    @Test("at the margin itself a one-sided test errs about as often as allowed, and well beyond it finds the change")
    func errorsAndPower() throws {
        var dice = Dice(seed: 99)
        var falseAlarms = 0
        var found = 0
        var foundAtDetectable = 0
        let rounds = 1_500
        for _ in 0..<rounds {
            let (differences, weights) = dice.documents(80, theta: 0.005, lengthDeviation: 0.5)
            let ratio = try PairedRatio(differences: differences, weights: weights)
            if ratio.estimate.pAbove(0.005) <= 0.05 { falseAlarms += 1 }
            if ratio.estimate.pAbove(-0.02) <= 0.05 { found += 1 }
            let detectable = ratio.estimate.minimalDetectableEffect(alpha: 0.05, power: 0.8)
            if ratio.estimate.pAbove(0.005 - detectable) <= 0.05 { foundAtDetectable += 1 }
        }
        #expect((0.035...0.065).contains(Double(falseAlarms) / Double(rounds)), "\(falseAlarms) of \(rounds)")
        #expect(Double(found) / Double(rounds) > 0.99)
        #expect((0.77...0.83).contains(Double(foundAtDetectable) / Double(rounds)), "\(foundAtDetectable) of \(rounds)")
    }

    @Test("over a family of domains the share of false flags stays at q and nearly all true changes are found")
    func falseDiscoveries() throws {
        var dice = Dice(seed: 31)
        var falseShare = 0.0
        var power = 0.0
        let rounds = 60
        for _ in 0..<rounds {
            // The first 10 of 60 domains are worse by 2 %; the others lie just inside the margin.
            let tests = try (0..<60).map { domain in
                let (differences, weights) = dice.documents(40, theta: domain < 10 ? 0.0198 : 0.004_9, deviation: 0.012)
                return MarginTest(try PairedRatio(differences: differences, weights: weights).estimate, margin: 0.005)
            }
            let flags = FalseDiscovery(pValues: tests.map(\.p)).rejected(at: 0.05)
            let flagged = flags.indices.filter { flags[$0] }
            falseShare += Double(flagged.count { $0 >= 10 }) / Double(max(1, flagged.count)) / Double(rounds)
            power += Double(flagged.count { $0 < 10 }) / 10 / Double(rounds)
        }
        #expect(falseShare <= 0.06, "\(falseShare)")
        #expect(power > 0.9, "\(power)")
    }
}
