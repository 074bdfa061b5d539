import FoundationEssentials
import TrackCore

/// What is accepted of held-out text.
package struct DomainReadLimits: Hashable, Sendable {
    /// UTF-8 bytes of one document; a longer one is left out with a note.
    package var documentBytes: Int64
    /// Bytes of one line of JSON. A character of two bytes may be written in six, and other fields stand beside the text.
    package var lineBytes: Int64

    package init(documentBytes: Int64 = 16 << 20, lineBytes: Int64? = nil) {
        self.documentBytes = documentBytes
        self.lineBytes = lineBytes ?? 3 * documentBytes + 1 << 20
    }
}

/// How far a reading has come.
package struct DomainReadProgress: Hashable, Sendable {
    package internal(set) var files = 0
    package internal(set) var documents = 0
    /// UTF-8 bytes of the documents.
    package internal(set) var bytes: Int64 = 0
    /// Of the files, compressed as they are.
    package internal(set) var fileBytes: Int64 = 0
    package let totalFiles: Int
    package let totalFileBytes: Int64
}

/// Held-out text: a file, or a folder in one of the layouts of ``DomainLayout``. Reading it holds one document at a time.
package struct DomainSource: Sendable {
    let base: String
    let files: [PlannedFile]
    /// Files of other kinds, which are not read.
    let otherFiles: Int
    /// Folders and links that could not be followed.
    let unreadable: [DomainSourceReport.Unreadable]

    /// - Throws: ``DomainSourceError``
    package init(path: String, split: String = "val") throws {
        var isFolder = false
        let place = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        guard FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) else { throw DomainSourceError.missing(path: path) }
        guard isFolder else {
            guard let file = try DomainLayout.plan(file: place.lastComponent) else { throw DomainSourceError.nothingToRead(path: path) }
            (base, files, otherFiles, unreadable) = (place, [file], 0, [])
            return
        }
        let absolute = FileManager.default.currentDirectoryPath.appendingPath(place)
        let listing = try DomainFolder.list(place)
        let plan: (files: [PlannedFile], others: Int)
        if DomainLayout.splits.contains(absolute.lastComponent) {
            // A split of Paloma's by itself: the folder around it names the source.
            base = absolute.parentFolder
            let files = listing.files.map { absolute.lastComponent + "/" + $0 }
            plan = try DomainLayout.plan(root: base.lastComponent, files: files, split: split)
        } else {
            base = place
            plan = try DomainLayout.plan(root: absolute.lastComponent, files: listing.files, split: split)
        }
        guard !plan.files.isEmpty || !listing.unreadable.isEmpty else { throw DomainSourceError.nothingToRead(path: path) }
        (files, otherFiles, unreadable) = (plan.files, plan.others, listing.unreadable)
    }

    /// Where a file of the plan lies.
    func path(of file: Int) -> String { files[file].path.isEmpty ? base : base + "/" + files[file].path }

    /// Reads the text at a path once.
    package static func read(
        path: String, split: String = "val", limits: DomainReadLimits = DomainReadLimits(), visit: (FoundDocument) async throws -> Void
    ) async throws -> DomainSourceReport {
        try await DomainSource(path: path, split: split).read(limits: limits, visit: visit)
    }

    /// Calls `visit` with every document, file by file in the order of their names. The same text at two places is two documents.
    ///
    /// What is no document is left out, counted and named in the report: empty documents, invalid UTF-8, NUL characters, documents over
    /// the limit, lines that are no JSON object with a document; and files that cannot be read to their end, of which `visit` may have had
    /// some.
    /// - Throws: ``DomainSourceError``; what `visit` throws.
    package func read(
        limits: DomainReadLimits = DomainReadLimits(), progress: (DomainReadProgress) -> Void = { _ in },
        visit: (FoundDocument) async throws -> Void
    ) async throws -> DomainSourceReport {
        var report = DomainSourceReport()
        report.otherFiles = otherFiles
        report.unreadable = unreadable
        var subdomains: [DomainName: String] = [:]
        /// Two subdomains must not fall into one domain because their names are written alike.
        func name(_ source: String, _ subdomain: String) throws -> DomainName {
            let name = try DomainLayout.name(source, subdomain)
            if let other = subdomains[name], other != subdomain { throw DomainSourceError.clash(domain: name, places: [other, subdomain]) }
            subdomains[name] = subdomain
            return name
        }
        let sizes = files.indices.map { (try? FileReader.stamp(of: path(of: $0)).size) ?? 0 }
        var come = DomainReadProgress(totalFiles: files.count, totalFileBytes: sizes.reduce(0, +))
        for (index, file) in files.enumerated() {
            let path = path(of: index)
            let before = come.fileBytes
            do {
                func advanced(_ count: Int64) {
                    come.fileBytes += count
                    progress(come)
                }
                try await DomainFileReader.read(file, at: path, limits: limits, name: name, advanced: advanced) { found, line in
                    let place = SourcePlace(path: path, line: line)
                    switch found {
                    case .leftOut(let reason): report.leaveOut(reason, place)
                    case .document(let document, let statesOtherBytes):
                        if statesOtherBytes { report.noteOtherBytes(place) }
                        report.documents += 1
                        report.bytes += Int64(document.content.byteCount)
                        (come.documents, come.bytes) = (report.documents, report.bytes)
                        progress(come)
                        try await visit(FoundDocument(document: document, place: place, file: index))
                    }
                }
            } catch let error as DomainSourceError {
                guard case .unreadable(_, let reason) = error else { throw error }
                report.unreadable.append(.init(path: path, reason: reason, file: index))
            }
            come.files += 1
            come.fileBytes = before + sizes[index]
            progress(come)
        }
        report.files = files.count
        return report
    }
}
