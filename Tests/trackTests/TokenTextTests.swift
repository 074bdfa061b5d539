import Foundation
import Testing
import TrackCore
import TrackEvaluators
import track

@Suite struct TokenTextTests {
    private func totals(_ nll: [Double]) -> TokenTotals {
        TokenTotals(
            context: 128, tokens: Int64(nll.count), nll: nll.reduce(0, +), histogram: [Int64(nll.count)] + [Int64](repeating: 0, count: 18),
            types: TypeLosses(
                id: [7, 8], text: [" the", "<script>\u{202e}"], count: [2, 1], nll: [8, 3], rest: .init(count: Int64(nll.count) - 3, nll: 1)))
    }

    private func report(against: Bool = false) throws -> TokenReport {
        let pieces = [
            TokenPiece(text: "<s>", ids: [0], nll: [nil]), TokenPiece(text: "easy", ids: [1], nll: [0.1]),
            TokenPiece(text: "hard\n", ids: [2], nll: [3]), TokenPiece(text: "漢", ids: [3, 4], nll: [0.5, 8]),
            TokenPiece(text: "<b>&\u{1b}[31m\u{202e}", ids: [5], nll: [.infinity]),
        ]
        var other = pieces
        other[2].nll = [1]
        var report = TokenReport(
            checkpoint: "l/b", against: against ? "l/a" : nil, domain: try #require(DomainName("code/python")), domainSet: "h@1",
            scoring: ScoringProtocol(context: 128), tau: 2.5, numbers: [4], documents: [TokenDocument(number: 1, pieces: pieces)],
            totals: totals([0.1, 3, 0.5, 8]))
        if against { (report.reference, report.referenceTotals) = ([TokenDocument(number: 1, pieces: other)], totals([0.1, 1, 0.5, 8])) }
        return report
    }

    @Test("without colour the hard tokens stand between marks, line ends are seen, and nothing of a token reaches the terminal as a command")
    func marks() throws {
        let text = TokenText.view(try report(), Look(unicode: true, colour: false))
        #expect(text.contains("<s>easy⟦hard⏎\n⟧⟦漢⟧⟦<b>&\\u{1B}[31m\\u{202E}⟧"))
        #expect(!text.contains("\u{1b}") && !text.contains("\u{202e}"))
        #expect(text.contains("␣the") && text.contains("Document 4: 5 tokens"))
        #expect(TokenText.view(try report(), Look(unicode: false, colour: false)).contains("{{hard"))
    }

    @Test("with colour every step has its own background, which ends before the line does")
    func shades() throws {
        let text = TokenText.view(try report(), Look(unicode: true, colour: true))
        #expect(text.contains("\u{1b}[48;5;214;38;5;16mhard⏎\u{1b}[0m\n"))
        #expect(text.contains("\u{1b}[48;5;88;38;5;231m漢\u{1b}[0m"))
        #expect([0.1, 0.5, 1, 2.5, 4, 8].map { TokenShade.level(nll: $0) } == [0, 1, 2, 3, 4, 5])
        #expect(TokenShade.level(nll: 0.9162907318741551) == 2, "a value on an edge belongs above it")
    }

    @Test("against another checkpoint the tokens that moved come with their change; other tokens do not compare")
    func against() throws {
        var report = try report(against: true)
        #expect(report.changes(of: 0).map { $0.map { $0.isNaN ? 99 : $0 } } == [nil, 0, 2, 0, 99])
        #expect(TokenText.view(report, Look(unicode: true, colour: false)).contains("+2.00"))
        report.reference?[0].pieces[1].ids = [9]
        #expect(report.changes(of: 0) == [nil, nil, nil, nil, nil])
    }

    @Test("the page escapes what tokens say, and its policy allows its own style and nothing else")
    func page() throws {
        let page = TokenPage.render(try report(against: true))
        #expect(page.contains("&lt;b&gt;&amp;\\u{1B}[31m\\u{202E}"))
        #expect(!page.contains("<b>") && !page.contains("<script") && !page.contains("\u{202e}") && !page.contains("://"))
        #expect(page.contains("title=\"NLL 3.00, perplexity 20.09; change +2.00\""))
        #expect(page.contains("title=\"NLL 0.50, perplexity 1.65; NLL 8.00, perplexity 2981"))
        let style = try #require(page.split(separator: "<style>").last?.split(separator: "</style>").first)
        #expect(page.contains("style-src 'sha256-\(Data(Digest(ofText: String(style)).bytes).base64EncodedString())'"))
    }

    @Test("names and types of outside are no markup either, nor do quotation marks end an attribute")
    func names() throws {
        var report = try report(against: true)
        report.checkpoint = "l/<i>'\"&"
        report.against = "l/<u>"
        report.domainSet = "<s>@1"
        report.documents[0].pieces.append(TokenPiece(text: "\"'", ids: [6], nll: [0.2]))
        report.reference?[0].pieces.append(TokenPiece(text: "\"'", ids: [6], nll: [0.2]))
        report.totals.types.text[0] = "<i>"
        let page = TokenPage.render(report)
        #expect(page.contains("<h1>l/&lt;i&gt;&#39;&quot;&amp; on code/python</h1>"))
        #expect(page.contains("<title>tokens of code/python under l/&lt;i&gt;&#39;&quot;&amp;, against l/&lt;u&gt;</title>"))
        #expect(page.contains(">&quot;&#39;</span>") && page.contains("<th scope=\"row\">&quot;&#39;</th>"))
        #expect(page.contains("<th scope=\"row\">&lt;i&gt;</th>") && page.contains("&lt;s&gt;@1; "))
        #expect(!page.contains("<i>") && !page.contains("<u>") && !page.contains("<s>"))
        #expect(page.contains("content=\"default-src 'none'; style-src 'sha256-") && page.contains("base-uri 'none'; form-action 'none'\""))
    }

    @Test("a token of exactly the threshold is marked, and one just below it is not")
    func threshold() throws {
        var report = try report()
        report.tau = 2.5
        report.documents[0].pieces = [
            TokenPiece(text: "on", ids: [1], nll: [0.9162907318741552]), TokenPiece(text: "below", ids: [2], nll: [0.916]),
        ]
        #expect(TokenText.view(report, Look(unicode: true, colour: false)).contains("⟦on⟧below"))
    }

    @Test("the page reads well in a real browser: nothing fetched, no policy broken, enough contrast, nothing wider than a phone")
    func browser() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "track-tokens-\(UUID().uuidString).html")
        try Data(TokenPage.render(try report(against: true)).utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "scripts/browser-check")
        process.arguments = [file.path]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(said)")
    }
}
