package import TrackCore

/// Whether the daemon holds what this spool holds.
package struct SpoolVerification: Sendable, Codable {
    package enum Finding: String, Sendable, Codable {
        /// Recorded with the same digest.
        case recorded
        /// With the same digest, but kept apart: another attempt had answered for the job.
        case keptApart = "kept_apart"
        case missing
        /// Recorded with another digest.
        case different
        /// The file in the spool is damaged.
        case unreadable

        package var isSound: Bool { self == .recorded || self == .keptApart }
    }

    package struct Record: Hashable, Sendable, Codable {
        package let file: String
        package let label: String
        package let finding: Finding
        /// True when it was not acknowledged yet: what is missing then is only on its way.
        package let isWaiting: Bool
        package let detail: String?
    }

    /// What is not as it should be; all the others are counted only.
    package var faults: [Record] = []
    package var recorded = 0
    package var keptApart = 0
    package var missing = 0
    package var different = 0
    package var unreadable = 0
    /// When the oldest and the newest of the looked-at records were made. Nothing is said about others.
    package var oldest: Timestamp?
    package var newest: Timestamp?
    /// Refused records, which are not looked at.
    package var quarantined = 0

    package var checked: Int { recorded + keptApart + missing + different + unreadable }
    package var isSound: Bool { faults.isEmpty }

    mutating func add(_ record: Record) {
        switch record.finding {
        case .recorded: recorded += 1
        case .keptApart: keptApart += 1
        case .missing: missing += 1
        case .different: different += 1
        case .unreadable: unreadable += 1
        }
        if !record.finding.isSound { faults.append(record) }
    }
}

extension Spool {
    /// Compares every record that is in `new`, `work` or `sent` with what the daemon has. The digest of a run is computed here, from the
    /// record itself.
    ///
    /// - Parameters:
    ///   - runs: what the daemon holds of at most ``WireLimits/digests`` runs.
    ///   - checkpoints: the content digests of a lineage's checkpoints; empty when there is no such lineage.
    ///   - progress: how many records were read, of how many.
    package func verify(
        runs: ([RunID]) async throws -> [RunDigestView], checkpoints: (_ lineage: String) async throws -> Set<Digest>,
        progress: (Int, Int) -> Void = { _, _ in }
    ) async throws -> SpoolVerification {
        var result = SpoolVerification()
        result.quarantined = try quarantined().count
        var batch: [(record: Candidate, id: RunID, digest: Digest)] = []
        var lineages: [String: Set<Digest>] = [:]
        let candidates = try self.candidates()
        for (number, candidate) in candidates.enumerated() {
            progress(number, candidates.count)
            guard let (entry, request) = try read(candidate, &result) else { continue }
            result.oldest = min(result.oldest ?? entry.envelope.madeAt, entry.envelope.madeAt)
            result.newest = max(result.newest ?? entry.envelope.madeAt, entry.envelope.madeAt)
            switch request {
            case .run(let request):
                batch.append((candidate, request.run.id, request.run.digest))
                if batch.count == WireLimits.digests { try await compare(&batch, runs, &result) }
            case .checkpoint(let request):
                if lineages[request.lineage] == nil { lineages[request.lineage] = try await checkpoints(request.lineage) }
                let isThere = lineages[request.lineage]?.contains(request.checkpoint.digest) ?? false
                result.add(candidate.record("checkpoint \(request.lineage)/\(request.checkpoint.name)", isThere ? .recorded : .missing))
            }
        }
        try await compare(&batch, runs, &result)
        return result
    }

    private func compare(
        _ batch: inout [(record: Candidate, id: RunID, digest: Digest)], _ runs: ([RunID]) async throws -> [RunDigestView],
        _ result: inout SpoolVerification
    ) async throws {
        guard !batch.isEmpty else { return }
        let found = Dictionary(try await runs(batch.map(\.id)).map { ($0.id, $0) }) { first, _ in first }
        for (candidate, id, digest) in batch { result.add(candidate.record("run \(id)", of: found[id], expected: digest)) }
        batch.removeAll()
    }

    /// A record to be looked at, and where it was.
    private struct Candidate {
        let folder: Folder
        let fileName: String
        let path: String

        func record(_ label: String, _ finding: SpoolVerification.Finding, _ detail: String? = nil) -> SpoolVerification.Record {
            .init(file: path, label: label, finding: finding, isWaiting: folder != .sent, detail: detail)
        }

        func record(_ label: String, of found: RunDigestView?, expected: Digest) -> SpoolVerification.Record {
            guard let found else { return record(label, .missing) }
            guard found.digest == expected else {
                return record(label, .different, "the record has \(expected), the database \(found.digest)")
            }
            return record(label, found.keptApart == true ? .keptApart : .recorded)
        }
    }

    private func candidates() throws(SpoolError) -> [Candidate] {
        try asSpoolError { () throws(SystemFailure) in
            var candidates: [String: Candidate] = [:]
            // A record that moves meanwhile is met where it was or where it went, and counted once.
            for each in [Folder.new, .work, .sent] {
                for name in try files.names(in: folder(each)) {
                    candidates[RecordName(name)?.record ?? name] = Candidate(folder: each, fileName: name, path: file(each, name))
                }
            }
            return candidates.values.sorted { $0.fileName < $1.fileName }
        }
    }

    /// Nil when it is damaged, which is noted, or when it was pruned or moved out of reach meanwhile.
    private func read(
        _ candidate: Candidate, _ result: inout SpoolVerification
    ) throws -> (entry: SpoolEntry, request: SpoolRecord.Payload)? {
        do {
            guard let entry = try SpoolEntry.read(candidate.path) ?? moved(candidate) else { return nil }
            return (entry, try entry.request())
        } catch {
            result.add(candidate.record(candidate.fileName, .unreadable, Spool.reason(ofUnreadable: error)))
            return nil
        }
    }

    private func moved(_ candidate: Candidate) throws -> SpoolEntry? {
        guard let record = RecordName(candidate.fileName)?.record else { return nil }
        for each in [Folder.sent, .new, .work] {
            for name in try files.names(in: folder(each)) where RecordName(name)?.record == record {
                if let entry = try SpoolEntry.read(file(each, name)) { return entry }
            }
        }
        return nil
    }
}
