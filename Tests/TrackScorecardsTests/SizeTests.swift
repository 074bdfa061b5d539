import Foundation
import Testing
import TrackCore

@testable import TrackReview
@testable import TrackScorecards

@Suite("Size of a card")
struct SizeTests {
    @Test("585 domains over 20 checkpoints fit into 300 kB, with every domain in the table; the time it takes is printed, not judged")
    func large() throws {
        let card = Cards.large()
        _ = try ScorecardPage.render(Cards.unchanged())
        let clock = ContinuousClock()
        var page: [UInt8] = []
        let elapsed = try clock.measure { page = try ScorecardPage.render(card) }
        print("585 domains × 20 checkpoints: \(page.count) bytes in \(elapsed)")
        #expect(page.count <= 300_000)
        let text = String(decoding: page, as: UTF8.self)
        for row in card.domains { #expect(text.contains("<wbr>\(row.name.domain)</th>")) }
    }

    @Test("nothing that is flagged is folded away")
    func flagged() throws {
        var card = Cards.large(domains: 200, checkpoints: 3)
        for index in card.domains.indices { card.domains[index].verdict = index < 150 ? .regressed : .unchanged }
        let text = try Fixtures.html(card)
        let open = try #require(text.range(of: "<section aria-labelledby=\"domains\">"))
        let fold = try #require(text[open.upperBound...].range(of: "<details>"))
        #expect(text[open.upperBound..<fold.lowerBound].contains("subdomain-149</th>"))
        #expect(!text[open.upperBound..<fold.lowerBound].contains("subdomain-199</th>"))
        #expect(text[fold.upperBound...].contains("subdomain-199</th>"))
    }
}
