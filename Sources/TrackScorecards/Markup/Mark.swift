import TrackCore
import TrackReview

/// A status as it is always shown: a symbol of its own shape, a word, and a colour, so that none of them is needed to read the others.
struct Mark {
    /// Blue and orange, which people with any colour vision tell apart; never the only sign.
    enum Tone: String {
        case worse, better, same, open, none
    }

    let symbol: String
    let word: String
    let tone: Tone

    /// `<span class="mark worse"><b>▲</b> regressed</span>`; the symbol is decoration beside the word.
    var markup: Markup { "<span class=\"mark \(tone.rawValue)\">\(inline)</span>" }

    /// For the hundreds of rows of a table, where the attribute would weigh more than what it says.
    var compact: Markup { "<b>\(symbol)</b>\u{A0}\(word)" }

    /// Without a class of its own, for places that carry the tone already. Symbol and word stay on one line.
    var inline: Markup { "<b aria-hidden=\"true\">\(symbol)</b>\u{A0}\(word)" }
}

extension Mark {
    init(_ verdict: DomainVerdict) {
        switch verdict {
        case .improved: self.init(symbol: "▼", word: verdict.word, tone: .better)
        case .regressed: self.init(symbol: "▲", word: verdict.word, tone: .worse)
        case .unchanged: self.init(symbol: "●", word: verdict.word, tone: .same)
        case .undecided: self.init(symbol: "◆", word: verdict.word, tone: .open)
        case .notComparable: self.init(symbol: "≠", word: verdict.word, tone: .none)
        case .notEvaluated: self.init(symbol: "–", word: verdict.word, tone: .none)
        case .observedImproved: self.init(symbol: "▽", word: verdict.word, tone: .better)
        case .observedRegressed: self.init(symbol: "△", word: verdict.word, tone: .worse)
        case .observedUnchanged: self.init(symbol: "○", word: verdict.word, tone: .same)
        }
    }

    init(_ status: Scorecard.CardStatus) {
        switch status {
        case .diverged: self.init(symbol: "▲▼", word: "diverged", tone: .worse)
        case .observedDiverged: self.init(symbol: "△▽", word: "observed to diverge, untested", tone: .worse)
        case .regressed: self.init(symbol: "▲", word: "regressed", tone: .worse)
        case .improved: self.init(symbol: "▼", word: "improved", tone: .better)
        case .unchanged: self.init(symbol: "●", word: "unchanged", tone: .same)
        case .undecided: self.init(symbol: "◆", word: "undecided", tone: .open)
        case .notComparable: self.init(symbol: "≠", word: "not comparable", tone: .none)
        case .notEvaluated: self.init(symbol: "–", word: "not evaluated", tone: .none)
        }
    }

    init(_ urgency: Scorecard.AttentionItem.Urgency) {
        switch urgency {
        case .act: self.init(symbol: "▲", word: "act", tone: .worse)
        case .look: self.init(symbol: "◆", word: "look", tone: .open)
        case .know: self.init(symbol: "●", word: "know", tone: .same)
        }
    }

    init(_ state: AlertView.State) {
        switch state {
        case .firing: self.init(symbol: "▲", word: "firing", tone: .worse)
        case .resolved: self.init(symbol: "●", word: "resolved", tone: .same)
        }
    }
}
