package import TrackCore

/// What happens to one alert after a judgement.
package enum AlertAction: Hashable, Sendable {
    case open(AlertEvidence)
    /// It still holds: what it says and when it was last seen move on; nobody is told again.
    case keep(AlertEvidence)
    /// It ended; the text says why.
    case resolve(String)
    case nothing
}

/// What an alert says, and the two runs that show it.
package struct AlertEvidence: Hashable, Sendable {
    /// One sentence.
    package let summary: String
    package let checkpoint: Checkpoint
    package let run: RunID
    package let reference: RunID
}

extension AlertRule {
    /// The next step of an alert of this rule.
    ///
    /// It opens and stays on tested regressions and on values that are not finite, never on tables without documents. It ends only
    /// when every OOD domain was judged again and none regressed: a domain that failed or does not compare is no good news, and
    /// leaves the alert as it is. An undecided domain counts as judged, since a small domain may never be decided.
    ///
    /// - Parameters:
    ///   - state: of the newest alert with this fingerprint; nil when there never was one.
    ///   - newest: the lineage's newest judged checkpoint against its baseline; nil when nothing was judged.
    package func decide(state: AlertView.State?, newest: RunComparison?) -> AlertAction {
        guard let newest, !newest.isObserved else { return .nothing }
        let ood = newest.oodDomains
        let regressed = ood.filter { $0.verdict == .regressed }
        guard regressed.isEmpty else {
            let evidence = AlertEvidence(
                summary: newest.sentence, checkpoint: newest.checkpoint, run: newest.run, reference: newest.reference)
            return state == .firing ? .keep(evidence) : .open(evidence)
        }
        guard state == .firing, !ood.isEmpty, ood.allSatisfy(\.verdict.isJudged) else { return .nothing }
        let (name, reference) = newest.names
        return .resolve("\(name) against \(reference): none of \(ListText.count(ood.count, "OOD domain")) regressed.")
    }
}
