package import TrackCore

extension DomainMoves {
    /// So many types of a domain are told.
    package static let usual = 8

    /// What moved in a domain; nil when the two did not score the same tokens, so that their sums do not compare.
    package init?(_ name: DomainName, of run: TypeLosses, against reference: TypeLosses, most: Int = usual) {
        guard run.tokens == reference.tokens else { return nil }
        let own = Dictionary(run.id.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let other = Dictionary(reference.id.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let change = run.total - reference.total
        var moves: [TypeMove] = []
        for id in Set(run.id).union(reference.id) {
            let (place, otherPlace) = (own[id], other[id])
            if let place, let otherPlace, run.count[place] != reference.count[otherPlace] { return nil }
            guard let move = TypeMove(id, run, place, reference, otherPlace, of: change) else { continue }
            moves.append(move)
        }
        moves.sort { (-abs($0.certain), -abs($0.high + $0.low), $0.id) < (-abs($1.certain), -abs($1.high + $1.low), $1.id) }
        self.init(name: name, change: change, moves: Array(moves.prefix(most)))
    }
}

extension TypeMove {
    /// Nil when nothing can be said: the type has no finite loss on either side.
    fileprivate init?(_ id: Int64, _ run: TypeLosses, _ place: Int?, _ reference: TypeLosses, _ otherPlace: Int?, of change: Double) {
        let (own, other) = (place.map { run.nll[$0] }, otherPlace.map { reference.nll[$0] })
        // A type that is not listed has at least nothing and at most as much as the last that is.
        let low = (own ?? 0) - (other ?? reference.bound)
        let high = (own ?? run.bound) - (other ?? 0)
        // ∞ − ∞
        guard !low.isNaN, !high.isNaN else { return nil }
        let text = place.map { run.text[$0] } ?? otherPlace.map { reference.text[$0] } ?? ""
        let count = place.map { run.count[$0] } ?? otherPlace.map { reference.count[$0] } ?? 0
        self.init(id: id, text: text, count: count, reference: other, current: own, low: low, high: high, share: nil)
        if change.isFinite, change != 0, certain.isFinite { share = certain / change }
    }
}

extension TypeLosses {
    fileprivate var tokens: Int64 { count.reduce(rest.count, +) }
    fileprivate var total: Double { CompensatedTotal.of(nll + [rest.nll]) }
}

extension RunComparison {
    /// Whether the two sides' types compare: the same documents, cut into tokens alike.
    package static func typesCompare(_ run: RunEvidence, _ reference: RunEvidence) -> Bool {
        run.revision == reference.revision && run.tokenizer != nil && run.tokenizer == reference.tokenizer
    }

    /// Which tokens moved in the domains with one of the verdicts, in the order of ``domains``.
    ///
    /// - Parameters: what each run says of its types.
    package func moves(
        _ verdicts: Set<DomainVerdict>, run: [DomainName: TypeLosses], reference: [DomainName: TypeLosses]
    ) -> [DomainMoves] {
        domains.filter { verdicts.contains($0.verdict) }.compactMap { domain in
            guard let own = run[domain.name], let other = reference[domain.name] else { return nil }
            return DomainMoves(domain.name, of: own, against: other)
        }
    }
}

extension LineageJudgement {
    /// The two runs whose types tell which tokens moved in the domains that regressed against the baseline; nil when none did, or when
    /// their types do not compare.
    package var movedRuns: (run: RunID, reference: RunID)? {
        guard let newest, newest.domains.contains(where: { $0.verdict == .regressed }), let run = currentRun,
            let reference = baselineRun, RunComparison.typesCompare(run, reference)
        else { return nil }
        return (run.run, reference.run)
    }
}
