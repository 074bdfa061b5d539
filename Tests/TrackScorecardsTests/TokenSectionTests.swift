import Foundation
import Testing
import TrackCore

@testable import TrackReview
@testable import TrackScorecards

@Suite("Tokens on a card")
struct TokenSectionTests {
    private func moved(_ texts: [String], in name: DomainName) -> DomainMoves {
        DomainMoves(
            name: name, change: 12,
            moves: texts.enumerated().map { index, text in
                TypeMove(
                    id: Int64(index), text: text, count: 3, reference: index == 0 ? nil : 4, current: 10, low: 6, high: index == 0 ? 10 : 6,
                    share: 0.5)
            })
    }

    @Test("tokens are outside bytes: blanks are seen, and nothing of them becomes markup, a control or another direction")
    func escape() throws {
        var card = Cards.large(domains: 4, checkpoints: 2)
        let hostile = ["</td><script>x</script>", " the", "\n\t", "a\u{202e}b\u{0}\u{1b}[31m", String(repeating: "y", count: 256), "<0xE2>"]
        card.moves = [moved(hostile, in: card.domains[0].name)]
        let page = try Fixtures.html(card)
        #expect(page.contains("␣the") && page.contains("⏎⇥") && page.contains("a\\u{202E}b\\u{0}\\u{1B}[31…"))
        #expect(page.contains("&lt;/td&gt;&lt;script&gt;") && page.contains("&lt;0xE2&gt;"))
        #expect(!page.contains("<script") && !page.contains("\u{202e}") && !page.contains("\u{1b}"))
        #expect(page.contains(String(repeating: "y", count: 24) + "…") && !page.contains(String(repeating: "y", count: 25)))
        #expect(page.contains("at least +6") && page.contains(">+6"))
    }

    @Test("a card with a flag on each of 585 domains stays within 300 kB, and its twin tells every one")
    func large() throws {
        var card = Cards.large()
        card.moves = card.domains.map { moved((0..<8).map { "token \($0)" }, in: $0.name) }
        for index in card.domains.indices {
            card.domains[index].densities = TokenHistogram.thresholds.map { TokenDensity(tau: $0.tau, share: 0.123_456) }
        }
        let page = try ScorecardPage.render(card)
        #expect(page.count <= 300_000, "\(page.count) bytes")
        #expect(String(decoding: page, as: UTF8.self).contains("573 domains more with moved tokens"))
        #expect(String(decoding: try ScorecardTwin.render(card), as: UTF8.self).components(separatedBy: "token 7").count == 586)
    }

    @Test("a card without types or histograms has no such part")
    func none() throws {
        #expect(!(try Fixtures.html(Cards.large(domains: 4, checkpoints: 2))).contains("id=\"tokens\""))
    }
}
