import TrackCore
import TrackReview

/// Every domain of the card, in-domain ones first, each group in the card's order: by evidence.
struct DomainTable {
    /// Rows that stand open; the rest is folded, so that a card with hundreds of domains still begins with what matters.
    static let openRows = 60

    private let card: Scorecard
    private let cell: IntervalCell

    init(_ card: Scorecard) {
        self.card = card
        cell = IntervalCell(rows: card.domains, margin: card.rules.margin)
    }

    var definitions: Markup { cell.definitions }

    func markup() -> Markup {
        let inDomain = card.domains.filter(\.isInDomain)
        let ood = card.domains.filter { !$0.isInDomain }
        // What is flagged is never folded away.
        let flagged = ood.lastIndex { $0.verdict == .regressed || $0.verdict == .observedRegressed }.map { $0 + 1 } ?? 0
        let limit = max(Self.openRows - inDomain.count, flagged)
        let open = ood.prefix(limit)
        let folded = ood.dropFirst(limit)
        var output = table(
            caption: caption, groups: [("In-domain", inDomain.count, inDomain[...]), ("Out-of-domain (OOD)", ood.count, open)])
        if !folded.isEmpty {
            output += """
                <details><summary>\(folded.count) more out-of-domain domains, with less evidence</summary>
                \(table(caption: "More domains, by evidence", groups: [("Out-of-domain (OOD), continued", folded.count, folded)]))</details>

                """
        }
        return output
    }

    private var caption: Markup {
        """
        Current checkpoint against the baseline, strongest evidence first. Shaded: the margin of \
        ±\(ChangeText.margin(card.rules.margin)); line: the 95\(NumberText.thin)% interval.
        """
    }

    private func table(caption: Markup, groups: [(title: String, count: Int, rows: ArraySlice<Scorecard.DomainRow>)]) -> Markup {
        let bodies = groups.filter { !$0.rows.isEmpty }.map { group -> Markup in
            """
            <tbody><tr class="group"><th scope="rowgroup" colspan="10">\(group.title) <span>\(Plural.domains(group.count))</span></th></tr>
            \(group.rows.map(row).joined())</tbody>

            """
        }
        return """
            <table class="domains\(absentColumns)"><caption>\(caption)</caption>
            <thead><tr><th scope="col">Domain</th><th scope="col">Verdict</th><th scope="col">Interval\(cell.head)</th>\
            <th scope="col">Change</th><th scope="col">Perplexity<small>base → now</small></th>\
            <th scope="col">Bits<small>per byte</small></th>\
            <th scope="col">Hard tokens<small>ppl ≥ 2.5</small></th><th scope="col">Docs<small>effective</small></th>\
            <th scope="col">Adjusted <i>p</i><small>divergence</small></th><th scope="col">Against<small>previous</small></th></tr></thead>
            \(bodies.joined())</table>

            """
    }

    /// Columns in which no row has a value are not shown: a table of reported numbers has four of them.
    private var absentColumns: Markup {
        func mark(_ column: Markup, _ isAbsent: (Scorecard.DomainRow) -> Bool) -> Markup {
            card.domains.allSatisfy(isAbsent) ? " no-\(column)" : .empty
        }
        return mark("bits") { $0.currentBitsPerByte == nil } + mark("hard") { $0.highPerplexityShare == nil }
            + mark("documents") { $0.documents == nil && $0.effectiveDocuments == nil }
            + mark("p") { $0.adjustedP == nil && $0.divergenceAdjustedP == nil } + mark("previous") { $0.previousVerdict == nil }
    }

    /// Ends of cells and rows are left out, as HTML allows: they would be a sixth of the page.
    private func row(_ row: Scorecard.DomainRow) -> Markup {
        let mark = Mark(row.verdict)
        let interval: Markup = row.change.flatMap(ChangeText.interval).map { "<small>\($0)</small>" } ?? .empty
        let unit: Markup = row.unit == .bitsPerByte && row.change != nil ? "<small>in bits per byte</small>" : .empty
        let noise: Markup = row.noise.map { "<small>noise to \(ChangeText.margin($0))</small>" } ?? .empty
        let effective: Markup =
            row.effectiveDocuments.flatMap { $0.isFinite ? $0 : nil }
            .map { "<small>\(NumberText.significant($0, digits: 3, decimals: 1))</small>" } ?? .empty
        let divergence: Markup = row.divergenceAdjustedP.map { "<small>\(NumberText.p($0))</small>" } ?? .empty
        return """
            <tr class="\(mark.tone.rawValue)"><th scope="row">\(name(row.name))</th><td>\(mark.compact)\(note(row))\
            <td>\(cell.plot(row.change, verdict: row.verdict))<td>\(ChangeText.of(row.change?.theta))\(interval)\(unit)\(noise)\
            <td>\(perplexities(row))<td>\(NumberText.bits(row.currentBitsPerByte))<td>\(NumberText.share(row.highPerplexityShare))\
            <td>\(NumberText.count(row.documents.map(Int64.init)))\(effective)\
            <td>\(NumberText.p(row.adjustedP))\(divergence)\(previous(row, mark.tone))

            """
    }

    /// A set with one level names each domain twice; once is enough to read. Lines break behind underscores first.
    private func name(_ name: DomainName) -> Markup {
        name.source == name.domain ? parts(name.domain) : "\(parts(name.source))/<wbr>\(parts(name.domain))"
    }

    private func parts(_ name: String) -> Markup {
        let parts = name.split(separator: "_", omittingEmptySubsequences: false)
        return parts.enumerated().map { index, part -> Markup in index == 0 ? "\(String(part))" : "_<wbr>\(String(part))" }.joined()
    }

    private func note(_ row: Scorecard.DomainRow) -> Markup {
        if let reason = row.reason { return "<small>\(reason)</small>" }
        if row.verdict == .undecided, let effect = row.minimalDetectable, effect.isFinite {
            return "<small>sees ±\(ChangeText.margin(effect))</small>"
        }
        return .empty
    }

    private func perplexities(_ row: Scorecard.DomainRow) -> Markup {
        guard row.baselinePerplexity != nil || row.currentPerplexity != nil else { return "\(NumberText.absent)" }
        return "\(NumberText.perplexity(row.baselinePerplexity)) → \(NumberText.perplexity(row.currentPerplexity))"
    }

    private func previous(_ row: Scorecard.DomainRow, _ rowTone: Mark.Tone) -> Markup {
        guard let verdict = row.previousVerdict else { return "<td>\(NumberText.absent)" }
        let mark = Mark(verdict)
        let change: Markup = row.previousChange.map { "<small>\(ChangeText.of($0.theta))</small>" } ?? .empty
        return mark.tone == rowTone
            ? "<td>\(mark.compact)\(change)" : "<td class=\"\(mark.tone.rawValue)\">\(mark.compact)\(change)"
    }
}
