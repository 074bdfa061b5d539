import FoundationEssentials
import TrackCore

/// Writes all that is recorded into a folder of JSON Lines, over HTTP. Interrupted, it goes on where it was when it is run again.
package struct Exporter {
    private let client: DaemonClient
    private let report: (String) -> Void

    /// - Parameter report: told what is written at the moment.
    package init(client: DaemonClient, report: @escaping (String) -> Void) {
        self.client = client
        self.report = report
    }

    /// - Parameter lineages: nil exports all.
    /// - Throws: ``TransferFault``, or what the client throws.
    package func export(to path: String, lineages: [String]?) async throws -> ExportManifest {
        let chosen = lineages.map { Array(Set($0)).sorted() }
        let folder = try await ExportFolder.open(path, lineages: chosen) { try await client.beginExport() }
        guard try await client.status().epoch == folder.progress.moment.epoch else {
            throw TransferFault(
                "The daemon's database was restored or replaced since this export began. Remove \(path) and begin anew.")
        }
        try await write(ExportPath.lineages, .lineages, folder)
        try checkChoice(folder)
        try await write(ExportPath.checkpoints, .checkpoints, folder)
        var checkpoints = try LineFile(folder.file(ExportPath.checkpoints))
        defer { checkpoints.close() }
        while let line = try checkpoints.next() {
            let key = try WireCoding.decode(CheckpointLine.self, from: Data(line)).key
            try await write(ExportPath.runs(of: key), .runs(of: key), folder, leavesOutEmpty: true)
        }
        try await write(ExportPath.protocols, .protocols, folder)
        try await write(ExportPath.revisions, .revisions, folder)
        var revisions = try LineFile(folder.file(ExportPath.revisions))
        defer { revisions.close() }
        while let line = try revisions.next() {
            let revision = try WireCoding.decode(DomainSetRevision.self, from: Data(line))
            guard revision.kind == .documents else { continue }
            try await write(ExportPath.documents(of: revision), .documents(of: revision.digest), folder)
        }
        report("checking")
        return try folder.finish()
    }

    private func checkChoice(_ folder: ExportFolder) throws {
        guard let chosen = folder.progress.lineages else { return }
        var found: Set<String> = []
        var lines = try LineFile(folder.file(ExportPath.lineages))
        defer { lines.close() }
        while let line = try lines.next() { found.insert(try WireCoding.decode(LineageLine.self, from: Data(line)).name) }
        let missing = chosen.filter { !found.contains($0) }
        guard missing.isEmpty else {
            throw TransferFault("There is no lineage \(missing.joined(separator: ", ")). Remove \(folder.path) and choose anew.")
        }
    }

    /// Writes one file, page after page, unless it is there from an earlier try.
    private func write(_ name: String, _ listing: ExportListing, _ folder: ExportFolder, leavesOutEmpty: Bool = false) async throws {
        guard !folder.has(name) else { return }
        try await folder.write(name, leavesOutEmpty: leavesOutEmpty) { part in
            var after: String?
            repeat {
                report("writing \(name), line \(part.lines + 1)")
                after = try await page(listing, after: after, folder, into: part)
            } while after != nil
        }
    }

    /// Appends one page. Lines that had arrived when a connection broke are kept, and the page after them is asked for.
    ///
    /// - Returns: the place of the last line; nil when there was none.
    private func page(
        _ listing: ExportListing, after: String?, _ folder: ExportFolder, into part: ExportFolder.Part
    ) async throws -> String? {
        var after = after
        var failures = 0
        var hasMore = false
        while true {
            var line: [UInt8] = []
            var last: [UInt8] = []
            var failure: (any Error)?
            do {
                try await client.exportPage(listing, folder.progress, after: after) { piece in
                    var rest = piece[...]
                    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                        line.append(contentsOf: rest[..<end])
                        try part.write(line: line[...])
                        swap(&line, &last)
                        line.removeAll(keepingCapacity: true)
                        rest = rest[(end + 1)...]
                    }
                    line.append(contentsOf: rest)
                }
            } catch where RetryPolicy.isTransient(error) {
                failure = error
            }
            if !last.isEmpty {
                after = try listing.cursor(Data(last))
                hasMore = true
                failures = 0
            }
            guard let failure else { return hasMore ? after : nil }
            failures += 1
            guard let delay = client.retry.delay(afterFailures: failures, jitter: Double.random(in: 0...1)) else { throw failure }
            try await Task.sleep(for: .seconds(delay))
        }
    }
}
