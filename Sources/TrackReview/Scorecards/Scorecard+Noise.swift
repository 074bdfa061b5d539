import TrackCore

extension LineageJudgement {
    /// What the evaluators' noise could make of the current checkpoint's changes; nil where nothing is compared.
    var noiseFloor: NoiseFloor? {
        guard let currentRun, let baselineRun, let newest, newest.notComparable == nil else { return nil }
        return NoiseFloor(currentRun, baselineRun, unit: newest.unit)
    }

    /// Flagged domains whose change the evaluator's own noise could make in part or in whole.
    func noiseAttention(_ newest: RunComparison) -> [Scorecard.AttentionItem] {
        guard let noiseFloor else { return [] }
        let flagged = newest.domains.filter { domain in
            (domain.verdict == .regressed || domain.verdict == .improved) && noiseFloor.isNotable(in: domain.name, beside: domain.theta)
        }
        let (within, beyond) = (flagged.filter { noiseFloor.covers($0) }, flagged.filter { !noiseFloor.covers($0) })
        return [
            (within, "is not larger than the evaluator's own noise, and no news until an evaluation that repeats itself confirms it"),
            (beyond, "is made by the evaluator's own noise to a tenth or more, as far as can be excluded"),
        ].filter { !$0.0.isEmpty }.map { domains, words in
            let sized = domains.map { domain in
                "\(domain.name) (\(PercentText.signed(domain.theta ?? 0)), noise up to \(noiseFloor.words(domain.name)))"
            }
            return .init(
                urgency: .look,
                text: "The change of \(ListText.count(domains.count, "domain")) \(words): \(ListText.few(sized)).")
        }
    }

    /// What stands behind the intervals, and what does not.
    var noiseStatement: String {
        let evaluated = runs.compactMap { $0 }.filter { $0.kind == .documents }
        let measured = evaluated.count { $0.effort?.noise != nil }
        let rest = "no domain's margin is widened by evaluator noise, and training noise is not in the intervals."
        guard measured > 0 else { return "No run measured how well its evaluator repeats itself: " + rest }
        let others = measured == evaluated.count ? "" : " The other \(evaluated.count - measured) did not measure it."
        return "\(ListText.count(measured, "run")) measured how well the evaluator repeats itself (see Provenance); where that could make a "
            + "tenth of a change it is named beside it.\(others) Beyond that " + rest
    }
}

extension NoiseFloor {
    fileprivate func covers(_ domain: DomainComparison) -> Bool { (floors[domain.name] ?? 0) >= abs(domain.theta ?? 0) }

    fileprivate func words(_ name: DomainName) -> String {
        floors[name].map { $0 < 1 ? PercentText.size($0) : "any size" } ?? "an unknown size"
    }
}
