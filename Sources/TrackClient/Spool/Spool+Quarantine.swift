import FoundationEssentials
package import TrackCore

/// The content of `<record>.reason.json`.
struct QuarantineReason: Codable {
    let at: String
    let reason: String
    /// The HTTP status of the refusal; nil when the file itself is damaged.
    let status: Int?

    static let suffix = ".reason.json"
}

/// A record that the daemon refused for good, or that cannot be read.
package struct QuarantinedRecord: Hashable, Sendable, Codable {
    package let file: String
    /// Nil when the name is not a record's.
    package let id: RunID?
    package let bytes: Int64
    package let at: String?
    package let reason: String
    package let status: Int?
}

extension Spool {
    /// Sets a claimed record apart, its reason first. Without room for the reason the record goes all the same: it must not stop others.
    func setApart(_ claim: SpoolClaim, reason: String, status: Int?) throws(SystemFailure) {
        let content = QuarantineReason(at: now().description, reason: reason, status: status)
        let draft = file(.tmp, RunID.make(at: now()).description)
        do {
            try files.create(draft, Array(try WireCoding.encode(content, pretty: true)))
            try files.move(draft, to: reasonFile(claim.record), in: folder(.quarantine))
        } catch {
            files.remove(draft)
        }
        try finish(claim, .quarantine, as: claim.record)
    }

    package func quarantined() throws(SpoolError) -> [QuarantinedRecord] {
        try asSpoolError { () throws(SystemFailure) in
            try files.names(in: folder(.quarantine)).filter { !$0.hasSuffix(QuarantineReason.suffix) }.map { name in
                let contents = (try? SmallFile.contents(of: reasonFile(name), limit: 1 << 20, followLinks: false)) ?? nil
                let reason = contents.flatMap { try? WireCoding.decode(QuarantineReason.self, from: Data($0.bytes)) }
                return QuarantinedRecord(
                    file: file(.quarantine, name), id: RecordName(name)?.id, bytes: files.facts(file(.quarantine, name))?.size ?? 0,
                    at: reason?.at, reason: reason?.reason ?? "Its reason was not kept.", status: reason?.status)
            }
        }
    }

    package enum Requeued: Hashable, Sendable {
        case queued(label: String)
        /// It cannot be delivered as it is, and stays.
        case unreadable(file: String, reason: String)
    }

    /// Queues records of the quarantine again: those of the given ids, or all. The reason goes when the record has gone.
    ///
    /// - Returns: what became of each, and the ids that are not there.
    package func requeue(_ ids: [RunID]?) throws(SpoolError) -> (records: [Requeued], unknown: [RunID]) {
        let found = try quarantined()
        let wanted = ids.map(Set.init)
        let chosen = found.filter { record in wanted.map { wanted in record.id.map(wanted.contains) ?? false } ?? true }
        let records = try asSpoolError { () throws(SystemFailure) in
            var records: [Requeued] = []
            for record in chosen { records.append(try requeue(record)) }
            return records
        }
        return (records, (ids ?? []).filter { id in !found.contains { $0.id == id } })
    }

    private func requeue(_ record: QuarantinedRecord) throws(SystemFailure) -> Requeued {
        let entry: SpoolEntry?
        do {
            entry = try SpoolEntry.read(record.file)
        } catch {
            return .unreadable(file: record.file, reason: Spool.reason(ofUnreadable: error))
        }
        guard let entry else { return .unreadable(file: record.file, reason: "It is gone.") }
        // By the record's own id and time: a file that a person brought back may have any name.
        let name = "\(entry.envelope.madeAt.milliseconds)-\(entry.id).rec"
        try files.move(record.file, to: file(.new, name), in: folder(.new))
        files.remove(record.file + QuarantineReason.suffix)
        return .queued(label: SpoolEntry(envelope: entry.envelope, path: file(.new, name), payload: entry.payload).label)
    }

    static func reason(ofUnreadable error: any Error) -> String {
        switch error {
        case let damage as SpoolFrame.Damage: return "The file is damaged: \(damage)."
        case let failure as SystemFailure: return "The file cannot be read: \(failure.reason)."
        default:
            let fault = WireCoding.fault(of: error)
            return "The record cannot be read: \(fault.field.isEmpty ? "it" : fault.field) \(fault.reason)."
        }
    }

    private func reasonFile(_ record: String) -> String { file(.quarantine, record + QuarantineReason.suffix) }
}
