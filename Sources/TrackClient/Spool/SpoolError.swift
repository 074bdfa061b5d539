/// Why the spool could not do its work.
package enum SpoolError: Error, Sendable, CustomStringConvertible {
    /// The record could not be made durable, twice. It is handed back so that it can be printed and is not lost.
    case notDurable(record: SpoolRecord, cause: SystemFailure)
    /// A folder of the spool cannot be used.
    case unusable(folder: String, cause: SystemFailure)

    /// Whether the caller holds the only copy of a record.
    package var isRecordLost: Bool {
        if case .notDurable = self { true } else { false }
    }

    package var description: String {
        switch self {
        case .notDurable(let record, let cause):
            """
            The record could not be made durable: \(cause). It is printed below in base64, and nowhere else. Keep that line in a file, \
            make room, and bring it back with `base64 -d FILE > SPOOL/quarantine/\(record.fileName) && track spool requeue \(record.id)`, \
            where SPOOL is the folder that `track spool status` names.
            """
        case .unusable(let folder, let cause):
            "The spool \(folder) cannot be used: \(cause). Give this user a state folder that it may write, with TRACK_STATE_FOLDER."
        }
    }
}
