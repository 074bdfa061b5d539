import TrackCore
import TrackReview

/// The interval plots in the domain table: one common axis, so that rows can be compared by eye.
///
/// Zero line and margin band are drawn once and used by every row; a row adds its whisker and its point.
struct IntervalCell {
    static let width = 148.0
    static let height = 20.0

    let axis: ChangeAxis
    private let margin: Double

    /// With many domains the axis covers 96 in 100 of the bounds, and the rows beyond it say so with an arrowhead: one broken domain must
    /// not press all others together.
    init(rows: [Scorecard.DomainRow], margin: Double) {
        let bounds = rows.compactMap(\.change).flatMap { [$0.low ?? $0.theta, $0.high ?? $0.theta, $0.theta] }.filter(\.isFinite).sorted()
        let cut = rows.count > 40 ? bounds.count / 50 : 0
        self.margin = margin
        axis = ChangeAxis(covering: bounds.dropFirst(cut).dropLast(cut), margin: margin, from: 4, to: Self.width - 4)
    }

    /// Shapes that rows refer to by name; they must stand on the page before the first row.
    var definitions: Markup {
        let left = axis.place(-margin)
        let width = axis.place(margin) - left
        let zero = axis.place(0)
        let grid = ticks.filter { $0.percent != 0 }.map { tick -> Markup in "M\(at: tick.place) 0V20" }.joined()
        return """
            <svg class="defs" width="0" height="0" aria-hidden="true"><defs>\
            <g id="zero"><rect class="band" x="\(at: left)" y="0" width="\(at: width)" height="20"/><path class="grid" d="\(grid)"/>\
            <path class="rule" d="M\(at: zero) 0V20"/></g>\
            <path id="worse" d="M0 6L4.5 14H-4.5z"/><path id="better" d="M0 14L4.5 6H-4.5z"/>\
            <circle id="same" cy="10" r="3.5"/><path id="open" d="M0 5L5 10L0 15L-5 10z"/>\
            <path id="right" d="M0 6L7 10L0 14z"/><path id="left" d="M0 6L-7 10L0 14z"/>\
            </defs></svg>
            """
    }

    /// Those whose labels fit into the column.
    private var ticks: [ChangeAxis.Tick] {
        axis.ticks(gap: 46, zeroGap: 30).filter { $0.place > 20 && $0.place < Self.width - 20 }
    }

    /// The axis above the column.
    var head: Markup {
        let labels = ticks.map { tick -> Markup in
            "<path d=\"M\(at: tick.place) 15v5\"/><text x=\"\(at: tick.place)\" y=\"11\">\(ChangeText.tick(percent: tick.percent))</text>"
        }
        return "<svg class=\"iv axis\" viewBox=\"0 0 148 20\" aria-hidden=\"true\">\(labels.joined())</svg>"
    }

    /// Point and whisker of one domain; empty without a comparison. It holds no text: the numbers stand beside it.
    func plot(_ change: Scorecard.Estimate?, verdict: DomainVerdict) -> Markup {
        guard let change, !change.theta.isNaN else { return .empty }
        var shapes: Markup = "<use href=\"#zero\"/>"
        let point = axis.place(change.theta)
        if let low = change.low, let high = change.high, !low.isNaN, !high.isNaN {
            let left = axis.place(low)
            let right = axis.place(high)
            if right - left >= 0.1 { shapes += "<path d=\"M\(at: left) 10H\(at: right)\"/>" }
        }
        shapes += "<use href=\"#\(shape(change, verdict))\" x=\"\(at: point)\"/>"
        return "<svg class=\"iv\">\(shapes)</svg>"
    }

    private func shape(_ change: Scorecard.Estimate, _ verdict: DomainVerdict) -> String {
        if change.theta > axis.high { return "right" }
        if change.theta < axis.low { return "left" }
        let tone = Mark(verdict).tone
        return tone == .none ? Mark.Tone.open.rawValue : tone.rawValue
    }
}
