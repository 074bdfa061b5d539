package import TrackCore

/// What a spool holds.
package struct SpoolStatus: Sendable, Codable {
    package struct Holding: Hashable, Sendable, Codable {
        package let folder: Spool.Folder
        package let records: Int
        package let bytes: Int64
        /// When the oldest was made.
        package let oldest: Timestamp?
        package let newest: Timestamp?
    }

    package let path: String
    package let limits: SpoolLimits
    package let hasBallast: Bool
    /// Why nothing more should be begun here, or how near that is; nil when there is room.
    package let room: String?
    package let isFull: Bool
    /// `new`, `work`, `sent` and `quarantine`.
    package let folders: [Holding]
    package let quarantine: [QuarantinedRecord]
    package let daemons: [SpoolDaemon]

    package subscript(_ folder: Spool.Folder) -> Holding? { folders.first { $0.folder == folder } }
}

extension Spool {
    package func status() throws(SpoolError) -> SpoolStatus {
        let room = try room()
        let quarantine = try quarantined()
        return try asSpoolError { () throws(SystemFailure) in
            var folders: [SpoolStatus.Holding] = []
            for each in [Folder.new, .work, .sent, .quarantine] { folders.append(try holding(each)) }
            return SpoolStatus(
                path: path, limits: limits, hasBallast: hasBallast, room: room.words, isFull: room.isNone, folders: folders,
                quarantine: quarantine, daemons: try daemons())
        }
    }

    private func holding(_ folder: Folder) throws(SystemFailure) -> SpoolStatus.Holding {
        let names = try files.names(in: self.folder(folder)).filter { !$0.hasSuffix(QuarantineReason.suffix) }
        let times = names.compactMap { RecordName($0)?.madeAt }
        let bytes = names.reduce(Int64(0)) { $0 + (files.facts(file(folder, $1))?.size ?? 0) }
        return .init(folder: folder, records: names.count, bytes: bytes, oldest: times.min(), newest: times.max())
    }
}

extension Spool.Room {
    package var words: String? {
        switch self {
        case .enough: nil
        case .scarce(let words), .none(let words): words
        }
    }

    package var isNone: Bool { if case .none = self { true } else { false } }
}
