import Foundation
import Testing
import TrackCore

@testable import TrackReview
@testable import TrackScorecards

@Suite("Card pages")
struct PageTests {
    @Test("rendering twice gives the same bytes, of page, twin and index", arguments: Fixtures.cards.map(\.name))
    func twice(name: String) throws {
        let card = try #require(Fixtures.cards.first { $0.name == name }?.card)
        #expect(try ScorecardPage.render(card) == ScorecardPage.render(card))
        #expect(try ScorecardTwin.render(card) == ScorecardTwin.render(card))
        var reversed = Fixtures.index
        reversed.entries.reverse()
        #expect(try reversed.render() == Fixtures.index.render())
    }

    @Test("the twin holds the whole card", arguments: Fixtures.cards.map(\.name))
    func twin(name: String) throws {
        let card = try #require(Fixtures.cards.first { $0.name == name }?.card)
        let bytes = try ScorecardTwin.render(card)
        #expect(try WireCoding.decode(Scorecard.self, from: Data(bytes)) == card)
        #expect(bytes.last == UInt8(ascii: "\n"))
    }

    @Test("the content security policy holds the hash of the style that the page carries, and allows nothing else")
    func policy() throws {
        let text = try Fixtures.html(Cards.diverged())
        let style = try #require(text.firstMatch(of: /<style>(?<style>[\s\S]*?)<\/style>/)).output.style
        let hash = Data(Digest(ofText: String(style)).bytes).base64EncodedString()
        #expect(
            text.contains(
                "content=\"default-src 'none'; style-src 'sha256-\(hash)'; img-src data:; base-uri 'none'; form-action 'none'\""))
        #expect(!text.contains(" style=\""))
        #expect(!text.contains("<script"))
        #expect(!text.contains("http://") && !text.contains("https://"))
    }

    @Test("every status is a shape of its own, a word and a tone")
    func marks() {
        let verdicts = DomainVerdict.allCases.map { Mark($0) }
        #expect(Set(verdicts.map(\.symbol)).count == verdicts.count)
        #expect(Set(verdicts.map(\.word)).count == verdicts.count)
        let statuses = Scorecard.CardStatus.allCases.map { Mark($0) }
        #expect(Set(statuses.map(\.symbol)).count == statuses.count)
        #expect(Set(statuses.map(\.word)).count == statuses.count)
    }

    @Test("sections stand in their order and each has its heading")
    func order() throws {
        let text = try Fixtures.html(Cards.diverged())
        let ids = text.matches(of: /<h2 id="([a-z]+)">/).map { String($0.output.1) }
        #expect(ids == ["attention", "paths", "domains", "alerts", "missing", "reading", "provenance"])
        #expect(text.matches(of: /<section aria-labelledby="([a-z]+)">/).map { String($0.output.1) } == ids)
    }

    @Test("in-domain rows stand before OOD rows, each in the card's order of evidence")
    func groups() throws {
        let text = try Fixtures.html(Cards.diverged())
        let rows = text.matches(of: /<tr class="[a-z]+"><th scope="(?:row|rowgroup)"[^>]*>([^ <]+)/).map { String($0.output.1) }
        #expect(rows == ["In-domain", "legal", "Out-of-domain", "swift", "perl", "html", "german", "c", "python"])
    }

    @Test("a value that is not finite is said in words and drawn inside the figure")
    func infinity() throws {
        let text = try Fixtures.html(Cards.infinite())
        #expect(text.contains("∞ (not finite)"))
        #expect(text.contains("infinite ood"))
        #expect(text.contains("<use href=\"#right\""))
        #expect(!text.lowercased().contains(">nan") && !text.contains(">inf"))
    }

    @Test("summaries have no interval, no band and no tested word")
    func summaries() throws {
        let text = try Fixtures.html(Cards.summaries())
        #expect(text.contains("observed higher, untested"))
        #expect(!text.contains("<polygon"))
        let table = try #require(text.firstMatch(of: /<table class="domains[^"]*">[\s\S]*?<\/table>/)).output
        #expect(!table.contains(" to +") && !table.contains(" to −"))
    }

    @Test("silence is not good news: a card without evidence says that nothing was judged")
    func empty() throws {
        let text = try Fixtures.html(Cards.empty())
        #expect(text.contains("Nothing was judged this week"))
        #expect(!text.contains("Nothing needs attention"))
        #expect(text.contains("No path can be drawn yet"))
        #expect(try Fixtures.html(Cards.unchanged()).contains("Nothing needs attention this week"))
    }

    @Test("each run's cost and noise stand in the provenance, a dash where nobody said, and a domain's noise beside its change")
    func effort() throws {
        let text = try Fixtures.html(Cards.diverged()).replacing(NumberText.thin, with: " ")
        #expect(text.contains("<td>1204 tokens/s<small>1.3 GB at the peak</small><small>repeats itself to 2·10⁻⁷</small></td>"))
        #expect(text.contains("<small>repeats itself exactly</small>") && text.contains("<small>2 domains of an attempt before</small>"))
        #expect(text.contains("<small>environment&nbsp;1</small></td><td>–</td>"))
        #expect(text.components(separatedBy: "<small>noise to 9.4 %</small>").count == 2)
    }

    @Test("a column in which no domain has a value is not shown, and one with a single value is")
    func columns() throws {
        #expect(try Fixtures.html(Cards.diverged()).contains("<table class=\"domains\">"))
        var card = Cards.summaries()
        for index in card.domains.indices { card.domains[index].divergenceAdjustedP = nil }
        #expect(try Fixtures.html(card).contains("<table class=\"domains no-bits no-hard no-documents no-p no-previous\">"))
        card.domains[3].documents = 7
        card.domains[4].divergenceAdjustedP = 0.5
        #expect(try Fixtures.html(card).contains("<table class=\"domains no-bits no-hard no-previous\">"))
    }

    @Test("options in a sentence stay in one piece, names break behind underscores")
    func pieces() throws {
        #expect(Prose.markup("name them with --in-domain, at 5 %.").description == "name them with <code>--in-domain,</code> at 5\u{A0}%.")
        for other in ["--><b>", "--", "--" + String(repeating: "x", count: 30)] { #expect(Prose.markup(other) == "\(other)") }
        var card = Cards.diverged()
        card.domains[0].name = try #require(DomainName("m2d2_s2orc_unsplit/hep-ex_a"))
        #expect(try Fixtures.html(card).contains("m2d2_<wbr>s2orc_<wbr>unsplit/<wbr>hep-ex_<wbr>a</th>"))
    }
}
