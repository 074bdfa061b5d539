package import TrackCore

/// All that one lineage's card is made from.
package struct LineageEvidence: Hashable, Sendable {
    package var lineage: Lineage
    /// In any order; a card puts the baseline first and the others by step.
    package var checkpoints: [Checkpoint]
    /// The domain-set revision of the card; nil when the lineage has none yet.
    package var revision: DomainSetRevision?
    /// The one protocol of the card's runs.
    package var scoring: RunProtocol?
    /// At most one run per checkpoint, the newest under `scoring`.
    package var runs: [RunEvidence]
    package var alerts: [Scorecard.AlertLine]
    /// Jobs that failed or are still open, a line each.
    package var notEvaluated: [Scorecard.NotEvaluated]

    package init(
        lineage: Lineage, checkpoints: [Checkpoint], revision: DomainSetRevision?, scoring: RunProtocol?, runs: [RunEvidence],
        alerts: [Scorecard.AlertLine] = [], notEvaluated: [Scorecard.NotEvaluated] = []
    ) {
        self.lineage = lineage
        self.checkpoints = checkpoints
        self.revision = revision
        self.scoring = scoring
        self.runs = runs
        self.alerts = alerts
        self.notEvaluated = notEvaluated
    }
}
