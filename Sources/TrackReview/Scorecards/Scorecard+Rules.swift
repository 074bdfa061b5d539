import TrackCore

extension LineageJudgement {
    /// What the numbers of the card promise, and what they do not.
    var rulesStatement: Scorecard.RulesStatement {
        let q = PercentText.share(rules.q)
        let margin = PercentText.size(rules.margin)
        var statements = [
            "Two checkpoints are compared document by document on the same held-out text; "
                + "documents, not tokens, are the independent units.",
            "On average over cards at most \(q) of flagged domains are false flags "
                + "(Benjamini–Hochberg over all tested domains against one reference).",
            "A change counts from \(margin) on. A domain is unchanged only when its \(PercentText.share(rules.unchangedLevel)) "
                + "interval lies within ±\(margin); what is neither flagged nor unchanged is undecided.",
            "Divergence means that in-domain improved and OOD worsened, each by more than \(margin), tested together at \(q).",
            "Means over domains count every domain alike, and their intervals speak of these domains, not of others.",
            noiseStatement,
        ]
        if let stated = newest?.stated, stated != .token {
            statements.append("The table's means are per \(stated.rawValue): so are its perplexities, the changes and the margin.")
        } else if newest?.unit == .bitsPerByte {
            statements.append("The tokenizers differ: changes, intervals and the margin are per byte.")
        }
        if newest?.isObserved == true {
            statements.append("One side is a table without documents: its changes are observed, not tested, and raise no alert.")
        }
        return Scorecard.RulesStatement(q: rules.q, margin: rules.margin, statements: statements)
    }
}
