package import TrackCore
package import TrackReview

/// Puts cards on disk: `<folder>/<lineage slug>-<lineage id>/<week>.html` and `.json`, and `<folder>/index.html`.
///
/// Whoever opens one of the files sees the old one or the new one, never a half. Calls block for a few syncs; several may run at once.
package struct ScorecardPublisher: Sendable {
    /// An existing folder that every card lies under.
    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// Renders and writes page and twin, the twin first, so that a new page never stands beside old data.
    ///
    /// Throws a `Problem`: invalid for a week that is none, unavailable when the disk refuses; then the old files remain.
    package func publish(_ card: Scorecard, lineageID: Int64) throws -> PublishedScorecard {
        guard let path = CardPath(lineage: card.lineage, id: lineageID, week: card.week) else {
            throw Problem(.invalid, "A scorecard is published for an ISO week such as 2026-W47, not for “\(card.week)”.")
        }
        let page = try ScorecardPage.render(card)
        let twin = try ScorecardTwin.render(card)
        let own = try OpenFolder(folder).folder(named: path.folder, makes: true)
        try AtomicFile.write(twin, named: path.week + ".json", in: own)
        try AtomicFile.write(page, named: path.week + ".html", in: own)
        return PublishedScorecard(
            path: path, htmlPath: folder + "/" + path.html, jsonPath: folder + "/" + path.json, htmlDigest: Digest(of: page),
            jsonDigest: Digest(of: twin))
    }

    /// Rewrites the page over all cards and returns its path.
    @discardableResult
    package func publish(_ index: ScorecardIndex) throws -> String {
        try AtomicFile.write(index.render(), named: "index.html", in: try OpenFolder(folder))
        return folder + "/index.html"
    }

    /// The bytes of a published page or twin.
    ///
    /// - Parameter path: as in ``PublishedScorecard``; nothing but a card's file below the folder is read, and no link on the way to it.
    /// - Throws: a `Problem`: not found when there is no such file.
    package func contents(of path: String) throws -> [UInt8] {
        let gone = Problem(.notFound, "The file \(path) is gone. `track report` publishes it again.")
        guard path.hasPrefix(folder + "/") else { throw gone }
        let parts = path.dropFirst(folder.count + 1).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts[1].hasSuffix(".html") || parts[1].hasSuffix(".json") else { throw gone }
        do {
            return try AtomicFile.read(parts[1], in: try OpenFolder(folder).folder(named: parts[0], makes: false))
        } catch {
            throw gone
        }
    }
}

/// A card on disk.
package struct PublishedScorecard: Hashable, Sendable {
    package let path: CardPath
    package let htmlPath: String
    package let jsonPath: String
    /// Of the files' bytes.
    package let htmlDigest: Digest
    package let jsonDigest: Digest
}
