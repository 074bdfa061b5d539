#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A logarithmic axis of changes: θ = ln of the ratio is linear on it, its ticks are round per cents.
struct ChangeAxis {
    /// Ends in θ; `low` < `high`, both finite.
    let low: Double
    let high: Double
    /// Where the ends lie in the figure; may run downwards.
    let start: Double
    let end: Double

    /// An axis that shows zero, the margin and all finite `values`, with a twentieth of its length free at both ends.
    init(covering values: some Sequence<Double>, margin: Double, from start: Double, to end: Double) {
        let finite = values.filter(\.isFinite) + [0, margin, -margin]
        let low = finite.min() ?? -0.01
        let high = finite.max() ?? 0.01
        let free = max(0.05 * (high - low), 0.001)
        self.low = low - free
        self.high = high + free
        self.start = start
        self.end = end
    }

    /// The place of θ; what lies beyond an end (∞ too) is put on the end.
    func place(_ theta: Double) -> Double {
        let inside = min(max(theta, low), high)
        return start + (inside - low) / (high - low) * (end - start)
    }

    func contains(_ theta: Double) -> Bool { theta >= low && theta <= high }

    struct Tick: Hashable {
        let percent: Double
        let place: Double
    }

    /// Round per cents inside the axis, never closer than `gap` units to each other and `zeroGap` to zero, which is always among them; in
    /// ascending order.
    func ticks(gap: Double, zeroGap: Double) -> [Tick] {
        var chosen: [Tick] = []
        for percent in candidates() {
            let theta = log1p(percent / 100)
            guard contains(theta) else { continue }
            let place = place(theta)
            let isFree = chosen.allSatisfy { abs($0.place - place) >= ($0.percent == 0 ? zeroGap : gap) }
            if isFree { chosen.append(Tick(percent: percent, place: place)) }
        }
        return chosen.sorted { $0.percent < $1.percent }
    }

    /// The most wanted first. Narrow axes take equal steps of per cents, wide ones round ratios.
    private func candidates() -> [Double] { high - low < log(1.8) ? [0] + equalSteps() : [0] + roundRatios() }

    /// Multiples of the coarsest round step that has two of them on the longer side of zero.
    private func equalSteps() -> [Double] {
        let longest = 100 * max(expm1(high), -expm1(low))
        let steps: [Double] = [25, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02]
        let step = steps.first { 2 * $0 <= longest } ?? 0.01
        var percents: [Double] = []
        for multiple in 1...20 {
            let percent = Double(multiple) * step
            percents.append(percent)
            if percent < 100 { percents.append(-percent) }
        }
        return percents
    }

    private func roundRatios() -> [Double] {
        var ratios: [Double] = []
        for decade in 1...12 { ratios += [pow(10, Double(decade)), pow(10, -Double(decade))] }
        for decade in 0...3 { ratios += [2 * pow(10, Double(decade)), 0.5 * pow(10, -Double(decade))] }
        ratios += [5, 0.2, 50, 0.02, 1.5, 3, 0.75, 4, 0.3, 1.25]
        return ratios.map { (100_000 * ($0 - 1)).rounded() / 1000 }
    }
}
