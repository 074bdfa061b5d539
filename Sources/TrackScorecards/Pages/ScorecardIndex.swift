package import TrackReview

/// The page that leads to all published cards.
package struct ScorecardIndex: Sendable {
    /// One published card.
    package struct Entry: Hashable, Sendable {
        package var lineage: String
        package var path: CardPath
        package var status: Scorecard.CardStatus
        /// The verdict in one sentence.
        package var sentence: String

        package init(lineage: String, path: CardPath, status: Scorecard.CardStatus, sentence: String) {
            self.lineage = lineage
            self.path = path
            self.status = status
            self.sentence = sentence
        }
    }

    /// In any order; the page sorts them by lineage and week.
    package var entries: [Entry]

    package init(entries: [Entry]) { self.entries = entries }

    /// The same entries give the same bytes, whatever their order.
    package func render() throws -> [UInt8] {
        try PageShell.render(title: "Scorecards", body: View(entries), template: "index")
    }

    struct View {
        let count: Markup
        let lineages: [LineageView]

        init(_ entries: [Entry]) {
            count = "\(Plural.of(entries.count, "scorecard"))"
            let groups = Dictionary(grouping: Set(entries), by: \.path.folder)
            lineages = groups.map { (folder: $0.key, entries: $0.value) }
                .sorted { ($0.entries[0].lineage, $0.folder) < ($1.entries[0].lineage, $1.folder) }
                .map { LineageView($0.entries) }
        }
    }

    struct LineageView {
        let name: Markup
        let rows: Markup

        init(_ entries: [Entry]) {
            let newestFirst = entries.sorted { $0.path.week > $1.path.week }
            name = "\(newestFirst.first?.lineage ?? "")"
            rows = newestFirst.map { entry -> Markup in
                """
                <tr><th scope="row"><a href="\(entry.path.html)">\(entry.path.week)</a></th><td>\(Mark(entry.status).markup)</td>\
                <td>\(entry.sentence)</td><td><a href="\(entry.path.json)">JSON</a></td></tr>

                """
            }.joined()
        }
    }
}
