package import TrackCore

extension Scorecard {
    /// The card of one lineage for one week. The same evidence gives the same card.
    package static func make(_ evidence: LineageEvidence, week: ISOWeek, rules: ReviewRules = ReviewRules()) -> Scorecard {
        make(LineageJudgement(evidence, rules: rules), week: week)
    }

    /// - Parameter moves: which tokens moved in the domains that regressed, where that is known.
    package static func make(_ judgement: LineageJudgement, week: ISOWeek, moves: [DomainMoves] = []) -> Scorecard {
        let evidence = judgement.evidence
        let rows = judgement.domainRows
        return Scorecard(
            lineage: evidence.lineage.name, week: week.description,
            asOf: judgement.runs.compactMap { $0?.recordedAt }.max(),
            domainSet: evidence.revision?.label ?? judgement.baselineRun?.domainSet,
            revision: evidence.revision?.digest ?? judgement.baselineRun?.revision,
            scoring: evidence.scoring,
            headline: judgement.headline, attention: judgement.attention(rows: rows), checkpoints: judgement.columns,
            current: judgement.current,
            divergence: judgement.newest?.divergence.map { DivergenceStatement($0, rules: judgement.rules) },
            paths: judgement.paths, domains: rows, moves: moves.isEmpty ? nil : moves, levelChange: evidence.levelChange,
            alerts: evidence.alerts, notEvaluated: judgement.notEvaluated(rows: rows),
            rules: judgement.rulesStatement, provenance: judgement.provenance, comparability: judgement.comparability)
    }
}

extension LineageJudgement {
    var headline: Scorecard.Headline {
        if let newest { return .init(status: newest.status, sentence: newest.sentence) }
        return .init(status: .notEvaluated, sentence: nothingJudged)
    }

    private var nothingJudged: String {
        let name = evidence.lineage.name
        if runs.allSatisfy({ $0 == nil }) { return "No checkpoint of \(name) has been evaluated yet." }
        guard let baseline else { return "\(name) names no baseline, so that nothing can be judged." }
        let baselineName = checkpoints[baseline].description.name
        return baselineRun == nil
            ? "The baseline \(baselineName) of \(name) has not been evaluated, so that nothing can be judged against it."
            : "Only the baseline \(baselineName) of \(name) has been evaluated: there is nothing to compare yet."
    }

    var columns: [Scorecard.CheckpointColumn] {
        checkpoints.indices.map { position in
            let description = checkpoints[position].description
            return .init(
                name: description.name, step: description.step, tokensSeen: description.tokensSeen, isBaseline: position == baseline,
                run: runs[position]?.run)
        }
    }

    /// What was not evaluated: jobs, checkpoints without a run, and domains that the current comparison lacks.
    func notEvaluated(rows: [Scorecard.DomainRow]) -> [Scorecard.NotEvaluated] {
        var lines = evidence.notEvaluated
        let named = Set(lines.map(\.subject))
        for position in checkpoints.indices where runs[position] == nil {
            let name = checkpoints[position].description.name
            guard !named.contains(name) else { continue }
            lines.append(.init(subject: name, reason: "no evaluation under this card's domain set and protocol"))
        }
        guard newest != nil else { return lines }
        return lines
            + rows.filter { $0.verdict == .notEvaluated }.map {
                .init(subject: $0.name.description, reason: $0.reason ?? "not evaluated")
            }
    }

    var provenance: [Scorecard.RunCitation] {
        runs.compactMap { $0 }.map { run in
            .init(
                run: run.run, digest: run.digest, checkpoint: run.checkpoint.description.name,
                checkpointDigest: run.checkpoint.description.digest, tokenizer: run.tokenizer, domainSet: run.domainSet,
                evaluator: run.evaluator, environment: run.environment, reason: run.reason, evaluatedAt: run.evaluatedAt,
                isReported: run.checkpoint.description.isReported ? true : nil, effort: run.effort)
        }
    }
}
