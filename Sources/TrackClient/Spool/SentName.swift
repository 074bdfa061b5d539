import TrackCore

/// The name of an acknowledged record: `<record>.<epoch>`, the epoch as eight digits of its SHA-256; `<record>` alone when it was unknown.
///
/// It says which history of which daemon holds the record, so that a replay moves what that history lost, once, whoever does it and
/// however often it is interrupted.
struct SentName: Hashable, Sendable {
    let record: String
    let key: String?

    init(record: String, epoch: String?) {
        self.record = record
        key = epoch.map(SentName.key)
    }

    /// Reads a file name; nil when it is not a record's.
    init?(fileName: String) {
        let parts = fileName.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, parts[1] == "rec" else { return nil }
        record = parts[0] + ".rec"
        key = parts.count == 3 ? String(parts[2]) : nil
    }

    var fileName: String { record + (key.map { "." + $0 } ?? "") }

    static func key(of epoch: String) -> String { String(Digest(ofText: epoch).hex.prefix(8)) }
}

/// What the name of a record says: `<milliseconds>-<id>.rec`, and in `work` and `sent` something behind it.
struct RecordName: Hashable, Sendable {
    let madeAt: Timestamp
    let id: RunID
    /// Without what a folder puts behind it.
    let record: String

    init?(_ fileName: String) {
        let parts = fileName.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[1] == "rec", let dash = parts[0].firstIndex(of: "-"), let time = Int64(parts[0][..<dash]),
            let id = RunID(String(parts[0][parts[0].index(after: dash)...]))
        else { return nil }
        madeAt = Timestamp(milliseconds: time)
        self.id = id
        record = parts[0] + ".rec"
    }
}
