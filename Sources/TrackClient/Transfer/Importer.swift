import FoundationEssentials
package import TrackCore

/// Sends the files of an export to a daemon. What is there already is recognised, so that it may be interrupted and run again.
package struct Importer {
    private let client: DaemonClient
    private let report: (String) -> Void

    package init(client: DaemonClient, report: @escaping (String) -> Void) {
        self.client = client
        self.report = report
    }

    /// What an import did, by kind of thing.
    package struct Outcome: Hashable, Sendable, Codable {
        package var lineages = ImportResponse()
        package var checkpoints = ImportResponse()
        package var protocols = ImportResponse()
        package var revisions = ImportResponse()
        package var runs = ImportResponse()
    }

    /// - Throws: ``TransferFault`` when a file is not as the manifest says, and nothing was sent then; `Problem` of the daemon, with the
    ///   file and the line, and what was sent before stays.
    package func importAll(from path: String) async throws -> Outcome {
        let manifest = try readManifest(path)
        for (index, file) in manifest.files.enumerated() {
            report("checking file \(index + 1) of \(manifest.files.count)")
            try check(file, in: path)
        }
        var outcome = Outcome()
        try await send(.lineages, ExportPath.lineages, of: path, &outcome.lineages)
        try await send(.checkpoints, ExportPath.checkpoints, of: path, &outcome.checkpoints)
        try await send(.protocols, ExportPath.protocols, of: path, &outcome.protocols)
        try await sendRevisions(of: path, &outcome.revisions)
        for file in manifest.files where file.path.hasPrefix(ExportPath.runFolder) {
            try await send(.runs, file.path, of: path, &outcome.runs)
        }
        var settled = ImportResponse()
        try await send(.settle, ExportPath.lineages, of: path, &settled)
        return outcome
    }

    private func readManifest(_ path: String) throws -> ExportManifest {
        guard let bytes = try? Data(contentsOf: URL(filePath: path + "/" + ExportManifest.name)) else {
            throw TransferFault(
                "\(path) holds no \(ExportManifest.name): it is no export, or one that is not finished. Run `track export` again.")
        }
        guard let manifest = try? WireCoding.decode(ExportManifest.self, from: bytes), manifest.format == ExportManifest.formatName,
            manifest.version == 1
        else { throw TransferFault("\(path)/\(ExportManifest.name) is not the manifest of an export that this track reads.") }
        return manifest
    }

    private func check(_ file: ExportManifest.File, in path: String) throws {
        guard file.path.hasSuffix(".jsonl"), !file.path.hasPrefix("/"), !file.path.split(separator: "/").contains("..") else {
            throw TransferFault("The manifest names a file outside of the export: \(file.path).")
        }
        let (bytes, lines, digest) = try LineFile.measure(path + "/" + file.path)
        guard bytes == file.bytes, lines == file.lines, digest == file.sha256 else {
            throw TransferFault("""
                \(path)/\(file.path) is not as it was exported: it has \(bytes) bytes in \(lines) lines, the manifest says \(file.bytes) \
                in \(file.lines), or its digest is another. Nothing was imported.
                """)
        }
    }

    /// Sends a file in requests of whole lines.
    private func send(_ kind: ImportKind, _ name: String, of path: String, _ response: inout ImportResponse) async throws {
        var file = try LineFile(path + "/" + name)
        defer { file.close() }
        var (batch, first, count) = (Data(), 1, 0)
        func flush() async throws {
            guard count > 0 else { return }
            report("sending \(name), line \(first)")
            let answer = try await naming(name) { try await client.importLines(kind, batch, first: first) }
            response.accepted += answer.accepted
            response.duplicates += answer.duplicates
            first += count
            (batch, count) = (Data(), 0)
        }
        while let line = try file.next() {
            if count == TransferLimits.lines || (count > 0 && batch.count + line.count > TransferLimits.bytes) { try await flush() }
            batch.append(contentsOf: line)
            batch.append(UInt8(ascii: "\n"))
            count += 1
        }
        try await flush()
    }

    private func sendRevisions(of path: String, _ response: inout ImportResponse) async throws {
        var file = try LineFile(path + "/" + ExportPath.revisions)
        defer { file.close() }
        while let line = try file.next() {
            let revision = try WireCoding.decode(DomainSetRevision.self, from: Data(line))
            let name = revision.kind == .documents ? ExportPath.documents(of: revision) : ExportPath.revisions
            report("sending \(name)")
            if try await isKnown(revision) {
                response.duplicates += 1
                continue
            }
            let documents = revision.kind == .documents ? path + "/" + name : nil
            let head = Data(line) + Data([UInt8(ascii: "\n")])
            let answer = try await naming(name) { try await client.importRevision(head, documents: documents) }
            response.accepted += answer.accepted
            response.duplicates += answer.duplicates
        }
    }

    /// Asked first, because a revision can be gigabytes.
    private func isKnown(_ revision: DomainSetRevision) async throws -> Bool {
        do {
            return try await client.revisions(of: revision.set).contains { $0.digest == revision.digest && $0.number == revision.number }
        } catch let problem as Problem where problem.type == .notFound {
            return false
        }
    }

    /// A refusal names the file, too.
    private func naming<Value>(_ name: String, _ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let problem as Problem {
            throw Problem(problem.type, "\(name): \(problem.detail)", faults: problem.faults, requestId: problem.requestId)
        }
    }
}
