import FoundationEssentials
package import TrackCore

/// What is accepted of held-out text.
package struct DomainReadLimits: Hashable, Sendable {
    /// UTF-8 bytes of one document; a longer one is left out with a note.
    package var documentBytes: Int64
    /// Bytes of one line of JSON, which may write a character in six.
    package var lineBytes: Int64
    /// UTF-8 bytes of all documents: they are held in memory until they are sent.
    package var setBytes: Int64

    package init(documentBytes: Int64 = 1 << 20, lineBytes: Int64 = 8 << 20, setBytes: Int64 = 1 << 30) {
        self.documentBytes = documentBytes
        self.lineBytes = lineBytes
        self.setBytes = setBytes
    }
}

/// All documents of one domain.
package struct DomainDocuments: Hashable, Sendable {
    package let name: DomainName
    package var contents: [DocumentContent]

    package init(name: DomainName, contents: [DocumentContent]) {
        self.name = name
        self.contents = contents
    }

    /// UTF-8 bytes.
    package var bytes: Int64 { contents.reduce(0) { $0 + Int64($1.byteCount) } }
}

/// Reads held-out text from a file or a folder in one of the layouts of ``DomainLayout``.
package enum DomainSource {
    /// Calls `visit` with every document that is kept, file by file in the order of their names.
    ///
    /// Left out, counted and named in the report: empty documents, texts that the set already has, invalid UTF-8, NUL characters, documents
    /// over
    /// the limit. A line that is no JSON object with a text is an error, because it means a damaged file.
    /// - Throws: ``DomainSourceError``; what `visit` throws.
    package static func read(
        path: String, split: String = "val", limits: DomainReadLimits = DomainReadLimits(), visit: (FoundDocument) async throws -> Void
    ) async throws -> DomainSourceReport {
        let (base, planned, others) = try plan(path: path, split: split)
        var report = DomainSourceReport()
        report.otherFiles = others
        var seen: Set<Digest> = []
        var counts: [DomainName: Int] = [:]
        for file in planned {
            let place = file.path.isEmpty ? base : base + "/" + file.path
            var kept = 0
            try await DomainFileReader.read(file, at: place, limits: limits) { found, place in
                let document: HeldOutDocument
                switch found {
                case .skipped(let reason): return report.skip(reason, place)
                case .document(let found): document = found
                }
                if let reason = refusal(of: document.content, limits: limits) { return report.skip(reason, place) }
                guard seen.insert(document.digest).inserted else { return report.skip(.duplicate, place) }
                report.documents += 1
                report.bytes += Int64(document.content.byteCount)
                guard report.bytes <= limits.setBytes else { throw DomainSourceError.tooLarge(limit: limits.setBytes) }
                counts[document.domain, default: 0] += 1
                kept += 1
                try await visit(FoundDocument(document: document, place: place))
            }
            if file.form != .text, kept == 0 {
                throw DomainSourceError.emptyDomain(domain: file.domain.description, place: place)
            }
        }
        if let empty = planned.first(where: { $0.form == .text && counts[$0.domain] == nil }) {
            throw DomainSourceError.emptyDomain(
                domain: empty.domain.description, place: empty.path.isEmpty ? base : (base + "/" + empty.path).parentFolder)
        }
        return report
    }

    /// All documents by domain, in the order of the domains' names.
    package static func collect(
        path: String, split: String = "val", limits: DomainReadLimits = DomainReadLimits()
    ) async throws -> (domains: [DomainDocuments], report: DomainSourceReport) {
        var contents: [DomainName: [DocumentContent]] = [:]
        let report = try await read(path: path, split: split, limits: limits) { found in
            contents[found.document.domain, default: []].append(found.document.content)
        }
        return (contents.sorted { $0.key < $1.key }.map { DomainDocuments(name: $0.key, contents: $0.value) }, report)
    }

    private static func refusal(of content: DocumentContent, limits: DomainReadLimits) -> DomainSourceReport.Reason? {
        if Int64(content.byteCount) > limits.documentBytes { return .tooLong }
        if content.parts.allSatisfy({ $0.unicodeScalars.allSatisfy(\.properties.isWhitespace) }) { return .empty }
        return content.fault == nil ? nil : .holdsNUL
    }

    private static func plan(path: String, split: String) throws -> (base: String, files: [PlannedFile], others: Int) {
        var isFolder = false
        let base = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        guard FileManager.default.fileExists(atPath: base, isDirectory: &isFolder) else { throw DomainSourceError.missing(path: path) }
        guard isFolder else {
            guard let file = try DomainLayout.plan(file: base.lastComponent) else { throw DomainSourceError.nothingToRead(path: path) }
            return (base, [file], 0)
        }
        let root = FileManager.default.currentDirectoryPath.appendingPath(base).lastComponent
        let files = try DomainFolder.files(below: base)
        let plan = try DomainLayout.plan(root: root, files: files, split: split)
        guard !plan.files.isEmpty else { throw DomainSourceError.nothingToRead(path: path) }
        return (base, plan.files, plan.others)
    }
}
