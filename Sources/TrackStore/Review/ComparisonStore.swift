package import Postgres
package import TrackCore

/// Tables `comparison` and `verdict`: what was said about a run, kept as it was said.
package enum ComparisonStore {
    package struct Comparison: Sendable {
        package var run: RunID
        package var referenceRun: RunID
        package var reference: ReferenceKind
        package var q: Double
        package var margin: Double
        package var unit: ComparisonUnit
        package var notComparable: String?
        package var thetaInDomain: Double?
        package var thetaOOD: Double?
        package var pDivergence: Double?
        package var diverged: Bool
        /// What it comes to, in a word.
        package var status: String
        package var sentence: String
        package var verdicts: [Verdict]

        package init(
            run: RunID, referenceRun: RunID, reference: ReferenceKind, q: Double, margin: Double, unit: ComparisonUnit,
            notComparable: String?,
            thetaInDomain: Double?, thetaOOD: Double?, pDivergence: Double?, diverged: Bool, status: String, sentence: String,
            verdicts: [Verdict]
        ) {
            self.run = run
            self.referenceRun = referenceRun
            self.reference = reference
            self.q = q
            self.margin = margin
            self.unit = unit
            self.notComparable = notComparable
            self.thetaInDomain = thetaInDomain
            self.thetaOOD = thetaOOD
            self.pDivergence = pDivergence
            self.diverged = diverged
            self.status = status
            self.sentence = sentence
            self.verdicts = verdicts
        }
    }

    package struct Verdict: Sendable {
        package var domain: DomainName
        package var isInDomain: Bool
        package var verdict: DomainVerdict
        package var theta: Double?
        package var low: Double?
        package var high: Double?
        package var p: Double?
        package var adjustedP: Double?
        package var documents: Int?
        package var reason: String?

        package init(
            domain: DomainName, isInDomain: Bool, verdict: DomainVerdict, theta: Double?, low: Double?, high: Double?, p: Double?,
            adjustedP: Double?, documents: Int?, reason: String?
        ) {
            self.domain = domain
            self.isInDomain = isInDomain
            self.verdict = verdict
            self.theta = theta
            self.low = low
            self.high = high
            self.p = p
            self.adjustedP = adjustedP
            self.documents = documents
            self.reason = reason
        }
    }

    private struct Rules: Encodable {
        let q: Double
        let margin: Double
    }

    /// Keeps a comparison with its verdicts; one that was said before stays as it was.
    ///
    /// - Returns: whether it is new.
    package static func keep(_ comparison: Comparison, in db: Session) throws -> Bool {
        let rules = try JSONText(encoding: Rules(q: comparison.q, margin: comparison.margin))
        let id = try db.first(
            """
            INSERT INTO comparison (run_id, reference_run_id, reference, rules, unit, not_comparable, theta_in_domain, theta_ood,
                                    p_divergence, diverged, status, sentence)
            VALUES (\(comparison.run), \(comparison.referenceRun), \(comparison.reference.rawValue), \(rules), \(comparison.unit.rawValue),
                    \(comparison.notComparable), \(comparison.thetaInDomain), \(comparison.thetaOOD), \(comparison.pDivergence),
                    \(comparison.diverged), \(comparison.status), \(comparison.sentence))
            ON CONFLICT (run_id, reference_run_id, reference) DO NOTHING RETURNING id
            """, as: Int64.self)
        guard let id else { return false }
        let verdicts: SQL = """
            COPY verdict (comparison_id, domain, in_domain, verdict, theta, low, high, p, adjusted_p, documents, reason)
            FROM STDIN (FORMAT binary)
            """
        _ = try db.copyIn(verdicts) { copy in
            for verdict in comparison.verdicts {
                try copy.row(
                    id, verdict.domain.description, verdict.isInDomain, verdict.verdict.rawValue, verdict.theta, verdict.low, verdict.high,
                    verdict.p, verdict.adjustedP, verdict.documents.map(Int32.init), verdict.reason)
            }
        }
        return true
    }

    /// What was last said about a checkpoint against its lineage's baseline.
    package static func newestHeadline(
        checkpoint: Int64, in db: Session
    ) throws -> (inDomain: Double?, ood: Double?, status: String)? {
        try db.first(
            """
            SELECT k.theta_in_domain, k.theta_ood, k.status
            FROM comparison k JOIN evaluation_run r ON r.id = k.run_id
            WHERE r.checkpoint_id = \(checkpoint) AND k.reference = 'baseline'
            ORDER BY r.evaluated_at DESC, k.id DESC LIMIT 1
            """, as: (Double?.self, Double?.self, String.self)
        ).map { ($0.0, $0.1, $0.2) }
    }
}
