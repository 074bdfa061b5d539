/// Why the spool could not do its work.
package enum SpoolError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The record could not be made durable, twice. It is handed back so that it can be printed and is not lost.
    case notDurable(record: [UInt8], cause: SystemFailure)
    /// A folder of the spool cannot be used.
    case unusable(folder: String, cause: SystemFailure)

    /// Whether the caller holds the only copy of a record.
    package var isRecordLost: Bool {
        if case .notDurable = self { true } else { false }
    }

    package var description: String {
        switch self {
        case .notDurable(_, let cause):
            "The record could not be made durable: \(cause). It is printed below in base64; keep it, make room, and try again."
        case .unusable(let folder, let cause):
            "The spool \(folder) cannot be used: \(cause). Give this user a state folder that it may write, with TRACK_STATE_FOLDER."
        }
    }
}
