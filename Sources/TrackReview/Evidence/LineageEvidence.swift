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
    /// The baseline on `revision` and on the one that it replaced; nil where it is no refresh, or was not evaluated on both.
    package var levelChange: LevelChange?
    package var alerts: [Scorecard.AlertLine]
    /// Jobs that failed or are still open, a line each.
    package var notEvaluated: [Scorecard.NotEvaluated]

    package init(
        lineage: Lineage, checkpoints: [Checkpoint], revision: DomainSetRevision?, scoring: RunProtocol?, runs: [RunEvidence],
        levelChange: LevelChange? = nil, alerts: [Scorecard.AlertLine] = [], notEvaluated: [Scorecard.NotEvaluated] = []
    ) {
        self.lineage = lineage
        self.checkpoints = checkpoints
        self.revision = revision
        self.scoring = scoring
        self.runs = runs
        self.levelChange = levelChange
        self.alerts = alerts
        self.notEvaluated = notEvaluated
    }
}
