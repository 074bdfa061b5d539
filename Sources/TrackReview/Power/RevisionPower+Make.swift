package import TrackCore
import TrackStatistics

extension RevisionPower {
    /// What the evidence on a revision says about its domains' power.
    package struct Evidence: Sendable {
        package var revision: DomainSetRevision
        /// Bytes of every document, per domain in the frozen order.
        package var bytes: [[Int64]]
        /// The newest run on the revision.
        package var run: RunEvidence?
        /// The newest run of another checkpoint of its lineage.
        package var partner: RunEvidence?
        package var lineage: Lineage?

        package init(revision: DomainSetRevision, bytes: [[Int64]], run: RunEvidence?, partner: RunEvidence?, lineage: Lineage?) {
            self.revision = revision
            self.bytes = bytes
            self.run = run
            self.partner = partner
            self.lineage = lineage
        }
    }

    /// The smallest change that each domain can be expected to show: at the level that Benjamini–Hochberg leaves to a single changed
    /// domain among all, q/K, half of it on either side, with the power of the rules, and the margin on top.
    package static func make(_ evidence: Evidence, rules: ReviewRules = ReviewRules()) -> RevisionPower {
        let tests = pairedTests(evidence, rules: rules)
        let own = evidence.run?.byName ?? [:]
        let count = evidence.revision.domains.count
        let domains = evidence.revision.domains.enumerated().map { position, domain -> Domain in
            let bytes = evidence.bytes.indices.contains(position) ? evidence.bytes[position] : []
            var tokens: [Int64]?
            if case .measured(let scores, _)? = own[domain.name]?.outcome { tokens = scores.tokens }
            let shares = WeightShares(tokens.map { $0.map(Double.init) } ?? bytes.map(Double.init))
            let error: Double
            let basis: Basis
            if let estimate = tests[domain.name] {
                (error, basis) = (estimate.minimalDetectableEffect(alpha: level(count, rules), power: rules.power), .pair)
            } else {
                let expected = tokens.map { Double($0.reduce(0, +)) }
                    ?? Double(bytes.reduce(0, +)) / PublishedSpread.bytesPerToken
                let published = Estimate(
                    value: 0, standardError: PublishedSpread.standardError(tokens: expected, effectiveDocuments: shares.effective),
                    degreesOfFreedom: .infinity)
                (error, basis) = (published.minimalDetectableEffect(alpha: level(count, rules), power: rules.power), .published)
            }
            let minimal = error.isFinite ? rules.margin + error : nil
            return Domain(
                name: domain.name, documents: domain.documents, bytes: domain.bytes, tokens: tokens.map { $0.reduce(0, +) },
                effectiveDocuments: shares.effective, largestShare: shares.largest, minimalDetectable: minimal,
                basis: minimal == nil ? nil : basis, warnings: warnings(domain, shares, rules))
        }
        let isPaired = domains.contains { $0.basis == .pair }
        return RevisionPower(
            revision: evidence.revision, run: evidence.run?.run, checkpoint: evidence.run?.checkpoint.label,
            reference: isPaired ? evidence.partner?.checkpoint.label : nil, domains: domains,
            statements: statements(evidence, domains, rules))
    }

    private static func level(_ domains: Int, _ rules: ReviewRules) -> Double { rules.q / Double(max(1, domains)) / 2 }

    private static func pairedTests(_ evidence: Evidence, rules: ReviewRules) -> [DomainName: Estimate] {
        guard let run = evidence.run, let partner = evidence.partner, let lineage = evidence.lineage else { return [:] }
        let domains = RunComparison.make(of: run, against: partner, lineage: lineage, rules: rules).domains
        return Dictionary(domains.compactMap { domain in domain.test.map { (domain.name, $0.ratio.estimate) } }) { first, _ in first }
    }

    private static func warnings(_ domain: DomainOfRevision, _ shares: WeightShares, _ rules: ReviewRules) -> [String] {
        var warnings: [String] = []
        if shares.effective < rules.lowPowerDocuments {
            let effective = PercentText.plain(shares.effective)
            // Four times a mean document of C4.
            let longDocument = 4 * PublishedSpread.documentTokens * PublishedSpread.bytesPerToken
            let isLong = Double(domain.bytes) / Double(max(1, domain.documents)) > longDocument
            warnings.append(
                isLong
                    ? "a few long documents, worth \(effective) equal ones: more documents would help, more text of the same ones would not"
                    : "\(effective) effective documents, fewer than \(Int(rules.lowPowerDocuments)): only large changes show")
        }
        if shares.largest > 0.1, domain.documents > 1 {
            warnings.append("its longest document is \(PercentText.share(shares.largest)) of it, and can own its result")
        }
        return warnings
    }

    private static func statements(_ evidence: Evidence, _ domains: [Domain], _ rules: ReviewRules) -> [String] {
        var statements = [
            "Minimal detectable change: a domain that changed by so much, and alone, is flagged with a probability of "
                + "\(PercentText.share(rules.power)); the margin of \(PercentText.size(rules.margin)) is in it."
        ]
        if let run = evidence.run, let partner = evidence.partner, domains.contains(where: { $0.basis == .pair }) {
            statements.append(
                "Its spread is that between \(run.checkpoint.label) and \(partner.checkpoint.label), the newest pair on this revision.")
        }
        if domains.contains(where: { $0.basis == .published }) {
            statements.append(
                "Where no pair was evaluated, it is expected from the spread that Paloma published for C4 (SD of ln PPL 11/√tokens, "
                    + "±40 %), with an assumed correlation of \(PercentText.plain(PublishedSpread.correlation)) between two checkpoints.")
        }
        if evidence.run == nil {
            statements.append(
                "Nobody has evaluated this revision: tokens are taken as a quarter of the bytes, and effective documents are by bytes.")
        }
        return statements
    }
}
