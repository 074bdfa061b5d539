import FoundationEssentials
import Postgres
import TrackAlerts
import TrackCore
import TrackReview
import TrackStore

/// Moves a lineage's alert after a judgement, and tells the sinks: in the judgement's own transaction.
enum AlertIntake {
    /// - Parameter newest: the lineage's newest judged checkpoint against its baseline.
    static func apply(_ newest: RunComparison?, lineage: Lineage, sinks: [String], in db: Session) throws {
        let rule = AlertRule.oodRegression
        let fingerprint = rule.fingerprint(lineage: lineage.name)
        let firing = try AlertStore.firing(fingerprint, in: db)
        switch rule.decide(state: firing == nil ? nil : .firing, newest: newest) {
        case .nothing: break
        case .keep(let evidence):
            if let firing { try AlertStore.see(firing, evidence.row, in: db) }
        case .open(let evidence):
            guard let newest, let alert = try AlertStore.open(fingerprint, rule: rule.rawValue, lineage: lineage.id, evidence.row, in: db)
            else {
                break
            }
            let now = Timestamp(Date())
            try tell(
                .firing, of: alert, about: newest, saying: evidence.summary, rule: rule, lineage: lineage, openedAt: now, at: now,
                sinks: sinks, in: db)
        case .resolve(let reason):
            guard let newest, let firing, try AlertStore.resolve(firing.id, reason: reason, run: newest.run, in: db) else { break }
            try tell(
                .resolved, of: firing.id, about: newest, saying: reason, rule: rule, lineage: lineage, openedAt: firing.openedAt,
                at: Timestamp(Date()), sinks: sinks, in: db)
        }
    }

    private static func tell(
        _ kind: NotificationKind, of alert: Int64, about comparison: RunComparison, saying summary: String, rule: AlertRule,
        lineage: Lineage,
        openedAt: Timestamp, at time: Timestamp, sinks: [String], in db: Session
    ) throws {
        let message = AlertMessage(
            type: kind, timestamp: time,
            data: AlertMessage.Detail(
                alertId: alert, fingerprint: rule.fingerprint(lineage: lineage.name), rule: rule.rawValue, lineage: lineage.name,
                checkpoint: comparison.checkpoint.label, summary: summary,
                inDomainChangePercent: percent(comparison.divergence?.inDomain.theta),
                oodChangePercent: percent(comparison.divergence?.ood.theta),
                regressedDomains: comparison.oodDomains.filter { $0.verdict == .regressed }.map(\.name),
                runs: [comparison.run, comparison.reference], openedAt: openedAt))
        try NotificationStore.write(alert: alert, kind, body: try message.body(), sinks: sinks, at: time, in: db)
    }

    /// 100 · (e^θ − 1)
    private static func percent(_ theta: Double?) -> Double? {
        theta.flatMap { Perplexity.tokenWeighted(nll: $0, tokens: 1) }.map { 100 * ($0 - 1) }
    }
}

extension TrackReview.AlertEvidence {
    fileprivate var row: TrackStore.AlertEvidence {
        TrackStore.AlertEvidence(summary: summary, checkpoint: checkpoint.id, run: run, reference: reference)
    }
}
