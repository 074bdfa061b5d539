import Glibc
import TrackCore
import TrackEvaluators

/// Tokens in a terminal: shaded by how hard they are, or with marks where there is no colour.
package enum TokenText {
    /// Types in the table.
    static let listed = 15

    package static func view(_ report: TokenReport, _ look: Look) -> String {
        var lines = [
            look.painted(report.checkpoint, .bold) + " on \(report.domain) of \(report.domainSet)"
                + (report.against.map { ", against \($0)" } ?? ""),
            "  " + report.scoring.summary, "  " + legend(report, look), "",
        ]
        for (index, document) in report.documents.enumerated() {
            lines.append(look.painted(heading(report, index), .bold))
            lines.append(shaded(document, tau: report.tau, look))
            if report.reference != nil { lines.append(moved(report, index, look)) }
            lines.append("")
        }
        lines.append(types(report, look))
        lines.append("")
        lines.append(MaskText.densities(report.densities))
        return lines.joined(separator: "\n")
    }

    private static func heading(_ report: TokenReport, _ index: Int) -> String {
        let scores = report.documents[index].pieces.flatMap(\.nll).compactMap(\.self)
        let perplexity = Perplexity.tokenWeighted(nll: scores.reduce(0, +), tokens: Int64(scores.count))
        return "Document \(report.numbers[index]): \(NumberText.counted(scores.count, "token")), perplexity "
            + NumberText.perplexity(perplexity)
    }

    private static func legend(_ report: TokenReport, _ look: Look) -> String {
        guard look.colour else {
            let (open, close) = marks(look)
            return "\(open)…\(close): perplexity \(MaskText.threshold(report.tau)) or more"
        }
        return "perplexity " + TokenShade.names.enumerated().map { paint(" \($1) ", $0) }.joined(separator: " ")
    }

    // MARK: Text

    private static func shaded(_ document: TokenDocument, tau: Double, _ look: Look) -> String {
        var text = ""
        let (open, close) = marks(look)
        for piece in document.pieces {
            let shown = VisibleText.running(piece.text)
            guard let nll = piece.hardest else {
                text += look.painted(shown, .faint)
                continue
            }
            if look.colour {
                text += paint(shown, TokenShade.level(nll: nll))
            } else {
                text += exp(nll) >= tau ? open + shown + close : shown
            }
        }
        return text
    }

    /// One that does not look like text, in the terminal's own characters.
    private static func marks(_ look: Look) -> (String, String) { look.unicode ? ("⟦", "⟧") : ("{{", "}}") }

    /// The steps from light to dark, so that they keep their order for every eye and on paper: the text turns white on the dark ones.
    private static let ramp: [(background: Int, text: Int)?] = [nil, (230, 16), (222, 16), (214, 16), (166, 231), (88, 231)]

    /// A colour ends before a line does: what follows on the line would take it.
    private static func paint(_ text: String, _ level: Int) -> String {
        guard let colour = ramp[level], !text.isEmpty else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : "\u{1b}[48;5;\(colour.background);38;5;\(colour.text)m\($0)\u{1b}[0m" }.joined(separator: "\n")
    }

    // MARK: Tables

    /// The pieces whose loss changed most.
    private static func moved(_ report: TokenReport, _ index: Int, _ look: Look) -> String {
        let changes = zip(report.documents[index].pieces, report.changes(of: index)).compactMap { piece, change in
            change.map { (piece, $0) }
        }
        guard !changes.isEmpty else { return "The two do not cut this document into the same tokens." }
        var table = TextTable(("token", .left), ("NLL", .right), ("change", .right))
        for (piece, change) in changes.sorted(by: { abs($0.1) > abs($1.1) }).prefix(8) {
            table.add([.init(VisibleText.token(piece.text)), .init(nats(piece.total ?? 0)), .init(signed(change))])
        }
        return table.text(look)
    }

    private static func types(_ report: TokenReport, _ look: Look) -> String {
        let types = report.totals.types
        let other = report.referenceTotals?.types
        let known = Dictionary(other.map { Array(zip($0.id, $0.nll)) } ?? [], uniquingKeysWith: { first, _ in first })
        var table = TextTable(
            ("type", .left), ("tokens", .right), ("mean NLL", .right), ("share of the loss", .right),
            (other == nil ? "" : "change of the sum", .right))
        for index in types.id.indices.prefix(listed) {
            let change = other == nil ? "" : known[types.id[index]].map { signed(types.nll[index] - $0) } ?? "not listed there"
            table.add([
                .init(VisibleText.token(types.text[index])), .init(NumberText.grouped(types.count[index])),
                .init(nats(types.nll[index] / Double(types.count[index]))), .init(share(types.nll[index], of: report.totals.nll)),
                .init(change),
            ])
        }
        return "Types that carry the most loss in these documents:\n" + table.text(look)
    }

    package static func nats(_ value: Double) -> String { value.isFinite ? NumberText.fixed(value, 2) : "inf" }

    package static func signed(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : value > 0 ? "+inf" : "-inf" }
        return (value > 0 ? "+" : "") + NumberText.fixed(value, 2)
    }

    private static func share(_ part: Double, of total: Double) -> String {
        total > 0 && total.isFinite ? MaskText.percent(part / total) : NumberText.none
    }
}
