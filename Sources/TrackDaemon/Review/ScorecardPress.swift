import Postgres
import TrackCore
import TrackReview
import TrackScorecards
import TrackStore

/// Makes cards from what is recorded and puts them on disk.
struct ScorecardPress: Sendable {
    let database: Database
    let publisher: ScorecardPublisher
    let rules: ReviewRules
    let now: @Sendable () -> Timestamp

    /// One lineage's card, or all.
    ///
    /// - Throws: ``Problem`` for an unknown lineage or a week that is none.
    func publish(_ request: ReportRequest) async throws -> [ScorecardView] {
        let week = try request.week.map { text in
            guard let week = ISOWeek(text) else { throw Problem(.invalid, "\(text) is not an ISO week; write it as 2026-W47.") }
            return week
        }
        let lineages = try await database.read("report.lineages") { db -> [Lineage] in
            guard let name = request.lineage else { return try LineageStore.all(in: db) }
            guard let lineage = try LineageStore.lineage(named: name, in: db) else {
                throw Problem(.notFound, "No lineage is called \(name). `track list` shows those there are.")
            }
            return [lineage]
        }
        var views: [ScorecardView] = []
        for lineage in lineages { views.append(try await publish(try await judge(lineage), week: week)) }
        return views
    }

    /// The bytes of a published page or twin, read away from the threads that answer.
    @concurrent
    func read(_ path: String) async throws -> [UInt8] { try publisher.contents(of: path) }

    /// A lineage's newest runs, held against its baseline and against each other.
    func judge(_ lineage: Lineage) async throws -> LineageJudgement {
        let evidence = try await database.read("report.evidence", timeout: .seconds(60)) { db in
            try EvidenceLoader.lineage(lineage, in: db)
        }
        return LineageJudgement(evidence, rules: rules)
    }

    /// Which tokens moved in the domains that regressed against the baseline.
    private func moves(_ judgement: LineageJudgement) async throws -> [DomainMoves] {
        guard let newest = judgement.newest, let runs = judgement.movedRuns else { return [] }
        let (run, reference) = try await database.read("report.types", timeout: .seconds(60)) { db in
            (try TypeLoader.types(of: runs.run, in: db), try TypeLoader.types(of: runs.reference, in: db))
        }
        return newest.moves([.regressed], run: run, reference: reference)
    }

    /// - Parameter week: the present one (UTC) when nil.
    func publish(_ judgement: LineageJudgement, week: ISOWeek?) async throws -> ScorecardView {
        let lineage = judgement.evidence.lineage
        let card = Scorecard.make(judgement, week: week ?? ISOWeek(now()), moves: try await moves(judgement))
        let published = try publisher.publish(card, lineageID: lineage.id)
        let view = ScorecardView(
            lineage: lineage.name, week: card.week, sentence: card.headline.sentence, htmlPath: published.htmlPath,
            jsonPath: published.jsonPath, digest: published.jsonDigest, publishedAt: now())
        let all = try await database.write("report.keep") { db in
            try ScorecardStore.keep(view, status: card.headline.status.rawValue, lineage: lineage.id, in: db)
            return try ScorecardStore.all(in: db)
        }
        try publisher.publish(ScorecardIndex(entries: all.compactMap(\.entry)))
        return view
    }
}

extension ScorecardStore.Published {
    fileprivate var entry: ScorecardIndex.Entry? {
        guard let path = CardPath(lineage: card.lineage, id: lineageID, week: card.week),
            let status = Scorecard.CardStatus(rawValue: status)
        else { return nil }
        return ScorecardIndex.Entry(lineage: card.lineage, path: path, status: status, sentence: card.sentence)
    }
}
