import FoundationEssentials
import Glibc
import TrackCore
import TrackEvaluators

/// Tokens as one HTML file: it needs no script, fetches nothing, and works from a file:// path, in the dark and on paper.
package enum TokenPage {
    package static func title(_ report: TokenReport) -> String {
        "tokens of \(report.domain) under \(report.checkpoint)" + (report.against.map { ", against \($0)" } ?? "")
    }

    package static func render(_ report: TokenReport) -> String {
        let hash = Data(Digest(ofText: style).bytes).base64EncodedString()
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-\(hash)'; \
            base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title(report)))</title><style>\(style)</style></head>
            <body><main><h1>\(escaped(report.checkpoint)) on \(escaped("\(report.domain)"))</h1>
            <p>\(escaped(facts(report)))</p>
            <p class="legend">Perplexity of a token: \(legend)</p>
            \(report.documents.indices.map { document(report, $0) }.joined())\
            <h2>Types that carry the most loss</h2>
            <p>\(escaped(MaskText.densities(report.densities)))</p>
            \(types(report))</main></body></html>

            """
    }

    private static func facts(_ report: TokenReport) -> String {
        let perplexity = Perplexity.tokenWeighted(nll: report.totals.nll, tokens: report.totals.tokens)
        var facts = "\(report.domainSet); \(report.scoring.summary). \(NumberText.grouped(report.totals.tokens)) tokens, "
        facts += "perplexity \(NumberText.perplexity(perplexity))"
        guard let against = report.against, let totals = report.referenceTotals else { return facts + "." }
        let other = Perplexity.tokenWeighted(nll: totals.nll, tokens: totals.tokens)
        return facts + "; \(against): \(NumberText.perplexity(other))."
    }

    private static var legend: String {
        TokenShade.names.enumerated().map { level, name in "<span class=\"t\(level)\">\(name)</span>" }.joined(separator: " ")
    }

    // MARK: Documents

    private static func document(_ report: TokenReport, _ index: Int) -> String {
        let pieces = report.documents[index].pieces
        let changes = report.changes(of: index)
        let running = zip(pieces, changes).map { piece, change in span(piece, change) }.joined()
        return """
            <section><h2>Document \(report.numbers[index])</h2>
            <p class="text" dir="auto">\(running)</p>
            <details><summary>The same as a table</summary>
            \(table(pieces, changes, report))</details></section>

            """
    }

    private static func span(_ piece: TokenPiece, _ change: Double?) -> String {
        let shown = escaped(VisibleText.running(piece.text))
        guard let hardest = piece.hardest else { return "<span class=\"context\">\(shown)</span>" }
        return "<span class=\"t\(TokenShade.level(nll: hardest))\" title=\"\(escaped(said(piece, change)))\">\(shown)</span>"
    }

    /// `NLL 3.10, perplexity 22.2; change +1.20`
    private static func said(_ piece: TokenPiece, _ change: Double?) -> String {
        let each = piece.nll.compactMap(\.self).map { "NLL \(TokenText.nats($0)), perplexity \(NumberText.perplexity(exp($0)))" }
        return each.joined(separator: "; ") + (change.map { "; change \(TokenText.signed($0))" } ?? "")
    }

    private static func table(_ pieces: [TokenPiece], _ changes: [Double?], _ report: TokenReport) -> String {
        let against = report.reference == nil ? "" : "<th scope=\"col\">Change</th>"
        let rows = zip(pieces, changes).enumerated().map { place, row -> String in
            let (piece, change) = row
            let nll = piece.nll.compactMap(\.self)
            let numbers =
                nll.isEmpty
                ? "<td>-<td>not scored"
                : "<td>\(nll.map(TokenText.nats).joined(separator: " + "))<td>\(NumberText.perplexity(exp(nll.max() ?? 0)))"
            let moved = report.reference == nil ? "" : "<td>\(change.map(TokenText.signed) ?? NumberText.none)"
            return "<tr><td>\(place + 1)<th scope=\"row\">\(escaped(VisibleText.token(piece.text)))</th>\(numbers)\(moved)\n"
        }
        return """
            <table><thead><tr><th scope="col">Place</th><th scope="col">Token</th><th scope="col">NLL (nats)</th>\
            <th scope="col">Perplexity</th>\(against)</tr></thead><tbody>
            \(rows.joined())</tbody></table>
            """
    }

    private static func types(_ report: TokenReport) -> String {
        let types = report.totals.types
        let rows = types.id.indices.prefix(50).map { index -> String in
            let mean = types.nll[index] / Double(types.count[index])
            let share = report.totals.nll > 0 && report.totals.nll.isFinite ? MaskText.percent(types.nll[index] / report.totals.nll) : "-"
            return "<tr><th scope=\"row\">\(escaped(VisibleText.token(types.text[index])))</th>"
                + "<td>\(NumberText.grouped(types.count[index]))<td>\(TokenText.nats(mean))<td>\(share)\n"
        }
        return """
            <table><thead><tr><th scope="col">Type</th><th scope="col">Tokens</th><th scope="col">Mean NLL (nats)</th>\
            <th scope="col">Share of the loss</th></tr></thead><tbody>
            \(rows.joined())</tbody></table>
            """
    }

    // MARK: Markup

    /// The one way of a text onto the page. What could hide or turn the text around it is spelled out before (``VisibleText``).
    private static func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "'": output += "&#39;"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    /// One hue whose lightness falls from step to step, so that the order is the same for every eye and in grey; in the dark it rises.
    private static let style = """
        :root { color-scheme: light dark; --text: #1a1a1a; --page: #fff; --faint: #595959; --line: #ccc;
          --s1: #fdf3d8; --s2: #fbdf9f; --s3: #f2b45a; --s4: #b3541e; --s5: #6b1f10; --on4: #fff; --on5: #fff }
        @media (prefers-color-scheme: dark) { :root { --text: #e8e8e8; --page: #161616; --faint: #a6a6a6; --line: #444;
          --s1: #3a2a12; --s2: #5c3c12; --s3: #8a5413; --s4: #f0b35c; --s5: #fde9c4; --on4: #161616; --on5: #161616 } }
        body { margin: 0; background: var(--page); color: var(--text); font: 1rem/1.6 system-ui, sans-serif }
        main { max-width: 60rem; margin: auto; padding: 1rem }
        h1 { font-size: 1.4rem } h2 { font-size: 1.1rem }
        h1, h2, p, th { overflow-wrap: anywhere }
        .text { white-space: pre-wrap; font: .95rem/1.9 ui-monospace, monospace; unicode-bidi: isolate }
        span { border-radius: .2em; print-color-adjust: exact; -webkit-print-color-adjust: exact }
        .context { color: var(--faint) }
        .t1 { background: var(--s1) } .t2 { background: var(--s2) } .t3 { background: var(--s3) }
        .t4 { background: var(--s4); color: var(--on4) } .t5 { background: var(--s5); color: var(--on5); text-decoration: underline }
        .legend span { padding: .1em .5em; border: 1px solid var(--line); white-space: nowrap }
        table { border-collapse: collapse; font-size: .9rem } th, td { padding: .15rem .7rem .15rem 0; text-align: right; font-weight: 400 }
        th[scope=row] { text-align: left; font-family: ui-monospace, monospace } thead th { border-bottom: 1px solid var(--line) }
        @media print { :root { --text: #000; --page: #fff; --faint: #595959; --line: #ccc; --s1: #fdf3d8; --s2: #fbdf9f;
          --s3: #f2b45a; --s4: #b3541e; --s5: #6b1f10;
          --on4: #fff; --on5: #fff } details:not([open]) { display: none } }
        """
}
