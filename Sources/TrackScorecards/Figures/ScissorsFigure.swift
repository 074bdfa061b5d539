import TrackCore
import TrackReview

/// In-domain and OOD paths over the checkpoints, with bands of 95 % intervals: the scissors.
///
/// It is drawn twice, once for wide and once for narrow columns; the style sheet shows one of them, so that its text is readable on both.
struct ScissorsFigure {
    /// Measures of one drawing in its own units, which are pixels at full size.
    struct Layout {
        let id: String
        let width: Double
        let height: Double
        let left: Double
        let right: Double
        let top = 38.0
        let bottom = 52.0
        /// Room that a label of the horizontal axis needs.
        let labelWidth: Double
        let isNarrow: Bool

        static let wide = Layout(id: "scissors-wide", width: 920, height: 392, left: 76, right: 150, labelWidth: 74, isNarrow: false)
        static let narrow = Layout(id: "scissors-narrow", width: 328, height: 310, left: 58, right: 74, labelWidth: 46, isNarrow: true)
    }

    private struct Series {
        let label: String
        let shortLabel: String
        let tone: String
        let points: [(index: Int, estimate: Scorecard.Estimate)]
    }

    private let card: Scorecard
    private let series: [Series]

    init(_ card: Scorecard) {
        self.card = card
        func points(_ path: [Scorecard.Estimate?]) -> [(index: Int, estimate: Scorecard.Estimate)] {
            path.enumerated().compactMap { index, estimate in
                guard let estimate, !estimate.theta.isNaN, index < card.checkpoints.count else { return nil }
                return (index, estimate)
            }
        }
        series = [
            Series(label: "Out-of-domain", shortLabel: "OOD", tone: "ood", points: points(card.paths.ood)),
            Series(label: "In-domain", shortLabel: "In-domain", tone: "ind", points: points(card.paths.inDomain)),
        ]
    }

    /// Whether there is anything besides the baseline's own zero to draw.
    var isEmpty: Bool {
        series.allSatisfy { line in line.points.allSatisfy { $0.index < card.checkpoints.count && card.checkpoints[$0.index].isBaseline } }
    }

    func markup() -> Markup { draw(.wide) + draw(.narrow) }

    private func draw(_ layout: Layout) -> Markup {
        let bottom = layout.height - layout.bottom
        let estimates = series.flatMap(\.points).map(\.estimate)
        let values = estimates.map(\.theta) + estimates.compactMap(\.low) + estimates.compactMap(\.high)
        let axis = ChangeAxis(covering: values, margin: card.rules.margin, from: bottom, to: layout.top)
        let kind = layout.isNarrow ? "narrow" : "wide"
        var output: Markup = """
            <svg class="scissors \(kind)" viewBox="0 0 \(at: layout.width) \(at: layout.height)" role="img" \
            aria-labelledby="\(layout.id)-title \(layout.id)-text"><title id="\(layout.id)-title">Perplexity against the baseline, \
            in-domain and out-of-domain, over the checkpoints</title><desc id="\(layout.id)-text">\(summary)</desc>
            """
        output += grid(layout, axis)
        for line in series { output += draw(line, layout, axis) }
        output += labels(layout, axis)
        return output + "</svg>\n"
    }

    /// What the picture shows, in words.
    private var summary: String {
        let ends = series.compactMap { line in
            line.points.last.map { "\(line.label): \(ChangeText.sentence($0.estimate)) at \(card.checkpoints[$0.index].name)." }
        }
        return ends.joined(separator: " ") + " Lower is better. The table below the figure holds every value."
    }

    // MARK: Axes

    private func x(_ index: Int, _ layout: Layout) -> Double {
        let last = max(card.checkpoints.count - 1, 1)
        return layout.left + 10 + Double(index) / Double(last) * (layout.width - layout.left - layout.right - 20)
    }

    private func grid(_ layout: Layout, _ axis: ChangeAxis) -> Markup {
        let right = layout.width - layout.right
        let bottom = layout.height - layout.bottom
        var output: Markup = .empty
        let band = axis.place(card.rules.margin)
        output += """
            <rect class="band" x="\(at: layout.left)" y="\(at: band)" width="\(at: right - layout.left)" \
            height="\(at: axis.place(-card.rules.margin) - band)"/>
            """
        for tick in axis.ticks(gap: 30, zeroGap: 24) {
            let kind = tick.percent == 0 ? "rule" : "grid"
            output += """
                <path class="\(kind)" d="M\(at: layout.left) \(at: tick.place)H\(at: right)"/>\
                <text class="end" x="\(at: layout.left - 8)" y="\(at: tick.place + 4)">\(ChangeText.tick(percent: tick.percent))</text>
                """
        }
        for index in shownCheckpoints(layout) {
            let checkpoint = card.checkpoints[index]
            let label = checkpoint.isBaseline ? (layout.isNarrow ? "base" : "baseline") : Self.step(checkpoint)
            output += """
                <path class="rule" d="M\(at: x(index, layout)) \(at: bottom)v5"/>\
                <text class="mid" x="\(at: x(index, layout))" y="\(at: bottom + 20)">\(label)</text>
                """
        }
        let wide = "Change of perplexity against the baseline (log scale, up is worse)"
        output += """
            <text class="name" x="0" y="14">\(layout.isNarrow ? "Perplexity, up is worse" : wide)</text>\
            <text class="name mid" x="\(at: (layout.left + right) / 2)" y="\(at: layout.height - 8)">Training step of the checkpoint</text>
            """
        return output
    }

    /// A checkpoint's place on the axis: its step, or what fits of its name.
    private static func step(_ checkpoint: Scorecard.CheckpointColumn) -> String {
        if let step = checkpoint.step { return NumberText.count(step) }
        return checkpoint.name.count <= 8 ? checkpoint.name : String(checkpoint.name.prefix(7)) + "…"
    }

    /// The first, the last, and as many evenly spaced ones between as their labels have room.
    private func shownCheckpoints(_ layout: Layout) -> [Int] {
        let count = card.checkpoints.count
        guard count > 1 else { return Array(0..<count) }
        let room = max(1, Int((layout.width - layout.left - layout.right) / layout.labelWidth))
        let stride = max(1, (count - 1 + room - 1) / room)
        var shown = Array(Swift.stride(from: 0, to: count - 1, by: stride))
        if shown.count > 1, let last = shown.last, count - 1 - last < stride { shown.removeLast() }
        return shown + [count - 1]
    }

    // MARK: Lines

    private func draw(_ line: Series, _ layout: Layout, _ axis: ChangeAxis) -> Markup {
        var output: Markup = .empty
        for run in runs(of: line) {
            let banded = run.filter { $0.estimate.low != nil && $0.estimate.high != nil }
            if banded.count > 1 {
                let upper = banded.map { point -> Markup in
                    "\(at: x(point.index, layout)) \(at: axis.place(point.estimate.high ?? 0)) "
                }
                let lower = banded.reversed().map { point -> Markup in
                    "\(at: x(point.index, layout)) \(at: axis.place(point.estimate.low ?? 0)) "
                }
                output += "<polygon class=\"area \(line.tone)\" points=\"\(upper.joined())\(lower.joined())\"/>"
            }
            if run.count > 1 {
                let places = run.map { point -> Markup in "\(at: x(point.index, layout)) \(at: axis.place(point.estimate.theta)) " }
                output += "<polyline class=\"line \(line.tone)\" points=\"\(places.joined())\"/>"
            }
        }
        for point in line.points {
            output += marker(line.tone, x(point.index, layout), axis.place(point.estimate.theta), isFinite: point.estimate.theta.isFinite)
        }
        return output
    }

    /// Stretches of neighbouring checkpoints; a missing one leaves a gap in the line.
    private func runs(of line: Series) -> [[(index: Int, estimate: Scorecard.Estimate)]] {
        var runs: [[(index: Int, estimate: Scorecard.Estimate)]] = []
        for point in line.points {
            if let last = runs.last?.last, last.index == point.index - 1 {
                runs[runs.count - 1].append(point)
            } else {
                runs.append([point])
            }
        }
        return runs
    }

    private func marker(_ tone: String, _ x: Double, _ y: Double, isFinite: Bool) -> Markup {
        guard isFinite else { return "<text class=\"mid infinite \(tone)\" x=\"\(at: x)\" y=\"\(at: y - 3)\">∞</text>" }
        if tone == "ind" { return "<circle class=\"dot ind\" cx=\"\(at: x)\" cy=\"\(at: y)\" r=\"4.5\"/>" }
        return "<path class=\"dot ood\" d=\"M\(at: x) \(at: y - 6)l6 6l-6 6l-6 -6z\"/>"
    }

    /// The name and last value of each line, right of its end and never on one another.
    private func labels(_ layout: Layout, _ axis: ChangeAxis) -> Markup {
        let ends = series.compactMap { line in line.points.last.map { (line, $0) } }
        var places = ends.map { axis.place($0.1.estimate.theta) }
        let gap = 40.0
        if places.count == 2, abs(places[0] - places[1]) < gap {
            let middle = min(max((places[0] + places[1]) / 2, layout.top + gap / 2), layout.height - layout.bottom - gap / 2)
            let firstIsUpper = places[0] <= places[1]
            places = firstIsUpper ? [middle - gap / 2, middle + gap / 2] : [middle + gap / 2, middle - gap / 2]
        }
        return zip(ends, places).map { end, place -> Markup in
            let (line, point) = end
            let left = layout.width - layout.right + (layout.isNarrow ? 6 : 10)
            let name = layout.isNarrow ? line.shortLabel : line.label
            let theta = point.estimate.theta
            let value = theta.isFinite ? ChangeText.of(theta) : layout.isNarrow ? "not finite" : "not finite (∞)"
            return """
                <text class="label \(line.tone)" x="\(at: left)" y="\(at: place - 3)">\(name)\
                <tspan x="\(at: left)" dy="17">\(value)</tspan></text>
                """
        }.joined()
    }
}
