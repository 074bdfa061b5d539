import Foundation
import Testing

@testable import TrackScorecards

/// What the pages looked like when somebody last looked at them. After a wanted change, run with
/// TRACK_UPDATE_SNAPSHOTS=1 and read the difference.
@Suite("Snapshots")
struct SnapshotTests {
    @Test("each page is the committed one, byte for byte", arguments: Fixtures.cards.map(\.name) + ["index"])
    func page(name: String) throws {
        let folder = Fixtures.repository.appending(path: "Tests/TrackScorecardsTests/Snapshots")
        let file = folder.appending(path: "\(name).html")
        let card = Fixtures.cards.first { $0.name == name }?.card
        let page = Data(try card.map { try ScorecardPage.render($0) } ?? Fixtures.index.render())
        if ProcessInfo.processInfo.environment["TRACK_UPDATE_SNAPSHOTS"] == "1" { try page.write(to: file) }
        let committed = try #require(try? Data(contentsOf: file), "\(file.path) is missing: run once with TRACK_UPDATE_SNAPSHOTS=1")
        guard page != committed else { return }
        let lines = (
            String(decoding: page, as: UTF8.self).split(separator: "\n"),
            String(decoding: committed, as: UTF8.self).split(separator: "\n")
        )
        let difference = zip(lines.0, lines.1).first { $0 != $1 }
        Issue.record("\(name).html differs from its snapshot. Now: \(difference?.0 ?? "another length"). Before: \(difference?.1 ?? "")")
    }
}
