package import TrackCore

/// A verdict for the eye: a symbol that differs in form and not only in colour, and always the word.
package enum VerdictMark {
    package static func cell(_ verdict: DomainVerdict) -> TextTable.Cell {
        TextTable.Cell(symbol(verdict) + " " + verdict.word, colour(verdict))
    }

    package static func symbol(_ verdict: DomainVerdict) -> String {
        switch verdict {
        case .regressed: "▲"
        case .improved: "▼"
        case .unchanged: "●"
        case .undecided: "◆"
        case .notComparable: "≠"
        case .notEvaluated: "–"
        case .observedRegressed: "△"
        case .observedImproved: "▽"
        case .observedUnchanged: "○"
        }
    }

    private static func colour(_ verdict: DomainVerdict) -> Look.Colour? {
        switch verdict {
        case .regressed: .red
        case .improved: .green
        case .undecided: .yellow
        case .notComparable, .notEvaluated: .faint
        case .unchanged, .observedRegressed, .observedImproved, .observedUnchanged: nil
        }
    }
}
