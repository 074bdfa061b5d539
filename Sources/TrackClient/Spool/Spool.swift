import FoundationEssentials
package import TrackCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Requests that must not be lost while the daemon is away, and copies of those that it has acknowledged: one checksummed file per record.
///
/// ```
/// spool/           0700, as all folders in it
///   tmp/           records while they are written
///   new/           what waits: <milliseconds>-<id>.rec
///   work/          what some process delivers now: <record>.<machine>.<pid>.<start>
///   sent/          what the daemon acknowledged: <record>.<epoch>; pruned by age and size
///   quarantine/    what it refused for good, each with <record>.reason.json
///   daemons/       per daemon its epoch and when to try again
///   spool.json     limits, where somebody set them
///   ballast        room for the last result on a full disk
/// ```
/// A record exists when its file is in `new`, and it gets there by a rename of a complete and synced file. Any number of processes may
/// write and deliver at once: a record belongs to the process that renamed it into `work`.
package struct Spool: Sendable {
    package enum Folder: String, CaseIterable, Sendable, Codable { case tmp, new, work, sent, quarantine, daemons }

    package let path: String
    package let limits: SpoolLimits
    let files: SpoolFiles
    let now: @Sendable () -> Timestamp
    private let stateFolder: String

    /// `fault` lets a test fail a step with an `errno`.
    package init(
        _ folder: StateFolder, limits: SpoolLimits = SpoolLimits(), now: @escaping @Sendable () -> Timestamp = { Timestamp(Date()) },
        fault: @escaping @Sendable (SpoolStep) -> Int32? = { _ in nil }
    ) {
        path = folder.spool
        stateFolder = folder.path
        self.limits = limits
        files = SpoolFiles(fault: fault)
        self.now = now
    }

    /// The spool of a state folder with the limits that its settings and the environment give.
    package init(_ folder: StateFolder, environment: [String: String]) throws(ClientConfigurationError) {
        self.init(folder, limits: try SpoolLimits.read(file: folder.spool + "/spool.json", environment: environment))
    }

    /// Makes a record durable; it returns after the file's and the folder's fsync.
    ///
    /// On an error it tries once more with a new file: after a failed fsync the same descriptor lies. A full disk gets the ballast's room
    /// for that. Then it throws ``SpoolError/notDurable(record:cause:)`` with the whole record.
    package func write(_ record: SpoolRecord) throws {
        do {
            do {
                try place(record, in: .new, as: record.fileName)
            } catch let failure as SystemFailure {
                if failure.isOutOfRoom { giveUpBallast() }
                try place(record, in: .new, as: record.fileName)
            }
        } catch let failure as SystemFailure {
            throw SpoolError.notDurable(record: record, cause: failure)
        }
    }

    /// Keeps a copy of what the daemon has acknowledged without the spool, so that it can be sent again when the daemon's history changes.
    package func keep(_ record: SpoolRecord, acknowledgedUnder epoch: String?) throws {
        try place(record, in: .sent, as: SentName(record: record.fileName, epoch: epoch).fileName)
    }

    private func place(_ record: SpoolRecord, in target: Folder, as name: String) throws {
        try makeFolders()
        let draft = file(.tmp, RunID.make(at: now()).description)
        try files.create(draft) { draft in
            var measure = SpoolFrame.Measure()
            try [UInt8](repeating: UInt8(ascii: " "), count: SpoolFrame.Header.size).withUnsafeBytes { try draft.append($0) }
            try record.forEachPiece { piece in
                try piece.withUnsafeBytes { bytes in
                    measure.update(bytes)
                    try draft.append(bytes)
                }
            }
            try [SpoolFrame.lineEnd].withUnsafeBytes { try draft.append($0) }
            try draft.overwriteStart(measure.header.bytes)
        }
        do {
            try files.move(draft, to: file(target, name), in: folder(target))
        } catch {
            // Not for the renamed file: it is complete, and the second try replaces it by the same bytes.
            files.remove(draft)
            throw error
        }
    }

    /// How many records wait, those that some process delivers at this moment included.
    package func waiting() throws(SpoolError) -> Int {
        try asSpoolError { () throws(SystemFailure) in
            try files.names(in: folder(.new)).count + files.names(in: folder(.work)).count
        }
    }

    /// Creates the folders and shows that a file can be made durable in them.
    package func check() throws(SpoolError) {
        try asSpoolError { () throws(SystemFailure) in
            try makeFolders()
            let trial = file(.tmp, RunID.make(at: now()).description)
            try files.create(trial, Array("track doctor\n".utf8))
            files.remove(trial)
        }
    }

    func asSpoolError<Value>(_ body: () throws(SystemFailure) -> Value) throws(SpoolError) -> Value {
        do {
            return try body()
        } catch {
            throw SpoolError.unusable(folder: path, cause: error)
        }
    }

    func folder(_ folder: Folder) -> String { path + "/" + folder.rawValue }

    func file(_ folder: Folder, _ name: String) -> String { self.folder(folder) + "/" + name }

    /// Whether anything was ever spooled here.
    var exists: Bool { files.facts(path) != nil }

    /// The state folder itself is open to others for root, because the database's server runs as another user below it.
    func makeFolders() throws(SystemFailure) {
        try files.makeFolder(stateFolder, mode: geteuid() == 0 ? 0o755 : 0o700)
        try files.makeFolder(path, mode: 0o700)
        for each in Folder.allCases { try files.makeFolder(folder(each), mode: 0o700) }
    }
}
