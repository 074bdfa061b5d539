package import TrackCore

/// A comparison for people.
package enum CompareText {
    package static func view(_ view: CompareView, _ look: Look) -> String {
        var lines = [view.sentence]
        if let reason = view.notComparable {
            lines.append("≠ not comparable: \(reason)")
            return lines.joined(separator: "\n")
        }
        var table = TextTable(
            ("domain", .left), ("", .left), (view.reference, .right), (view.checkpoint, .right), ("change", .right),
            ("95 % interval", .right), ("adjusted p", .right), ("verdict", .left))
        for row in view.domains.sorted(by: order) {
            table.add([
                .init(row.name.description), .init(row.isInDomain ? "in-domain" : "OOD"),
                .init(NumberText.perplexity(row.referencePerplexity)),
                .init(NumberText.perplexity(row.perplexity)), .init(NumberText.change(logRatio: row.logRatio)),
                .init(NumberText.interval(low: row.low, high: row.high)), .init(NumberText.probability(row.adjustedP)), verdict(row),
            ])
        }
        lines += ["", table.text(look)]
        if view.unit == .bitsPerByte {
            lines.append("\nThe tokenizers differ: changes and tests are of bits per byte, and the perplexities do not compare.")
        }
        if let moves = view.moves { lines.append(moved(moves, look)) }
        return lines.joined(separator: "\n")
    }

    private static func moved(_ moves: [DomainMoves], _ look: Look) -> String {
        guard !moves.isEmpty else {
            return "\nWhich tokens moved is not known: no domain improved or regressed, or the runs do not tell the loss of their types."
        }
        return moves.map { domain in
            var table = TextTable(
                ("type", .left), ("tokens", .right), ("NLL before", .right), ("now", .right), ("change", .right), ("share", .right))
            for move in domain.moves {
                table.add([
                    .init(VisibleText.token(move.text)), .init(NumberText.grouped(move.count)), .init(nats(move.reference)),
                    .init(nats(move.current)), .init((move.isExact ? "" : "at least ") + TokenText.signed(move.certain)),
                    .init(move.share.map(MaskText.percent) ?? NumberText.none),
                ])
            }
            let change = TokenText.signed(domain.change)
            return "\n\(look.painted("\(domain.name)", .bold)): the summed NLL changed by \(change) nats\n" + table.text(look)
        }.joined(separator: "\n")
    }

    private static func nats(_ value: Double?) -> String { value.map(TokenText.nats) ?? "not listed" }

    /// In-domain first, then the largest change, so that what matters stands on top of its part.
    private static func order(_ a: CompareRow, _ b: CompareRow) -> Bool {
        if a.isInDomain != b.isInDomain { return a.isInDomain }
        let left = a.logRatio.map(abs) ?? -1
        let right = b.logRatio.map(abs) ?? -1
        return left == right ? a.name < b.name : left > right
    }

    private static func verdict(_ row: CompareRow) -> TextTable.Cell {
        let cell = VerdictMark.cell(row.verdict)
        return row.reason.map { TextTable.Cell(cell.text + ": " + $0, cell.colour) } ?? cell
    }
}
