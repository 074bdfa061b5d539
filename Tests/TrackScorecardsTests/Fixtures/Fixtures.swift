import Foundation

@testable import TrackReview
@testable import TrackScorecards

/// The rendered cards that snapshots and the browser look at.
enum Fixtures {
    static let cards: [(name: String, card: Scorecard)] = [
        ("diverged", Cards.diverged()), ("unchanged", Cards.unchanged()), ("empty", Cards.empty()), ("hostile", Cards.hostile()),
        ("infinite", Cards.infinite()), ("summaries", Cards.summaries()),
    ]

    static func html(_ card: Scorecard) throws -> String { String(decoding: try ScorecardPage.render(card), as: UTF8.self) }

    static let index = ScorecardIndex(
        entries: [
            ("legal-tune", 7, "2026-W46", .regressed, "legal-tune at step 24 regressed in 2 of 6 out-of-domain domains."),
            ("legal-tune", 7, "2026-W47", .diverged, "legal-tune at step 60 diverged from its baseline."),
            (Cards.hostileNames[0], 8, "2026-W47", .notEvaluated, Cards.hostileNames[1]),
        ].compactMap { (lineage: String, id: Int64, week: String, status: Scorecard.CardStatus, sentence: String) in
            CardPath(lineage: lineage, id: id, week: week).map { .init(lineage: lineage, path: $0, status: status, sentence: sentence) }
        })

    /// A new folder for one test.
    static func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "track-cards-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// The repository's own folder.
    static let repository: URL = {
        let here = URL(filePath: #filePath).resolvingSymlinksInPath()
        return here.deletingLastPathComponent().appending(path: "../../..").standardizedFileURL
    }()
}
