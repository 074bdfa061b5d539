import FoundationEssentials
package import TrackCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Requests that must not be lost while the daemon is away: one checksummed file per record in
/// `spool/{tmp,new,work,sent,quarantine}`, each folder 0700.
///
/// A record exists when its file is in `new`, and it gets there by a rename of a complete and synced file. Any number of processes may
/// write and deliver at once: a record belongs to the process that renamed it into `work`.
package struct Spool: Sendable {
    enum Folder: String, CaseIterable { case tmp, new, work, sent, quarantine }

    package let path: String
    let files: SpoolFiles
    let now: @Sendable () -> Timestamp

    /// `fault` lets a test fail a step with an `errno`.
    package init(
        _ folder: StateFolder, now: @escaping @Sendable () -> Timestamp = { Timestamp(Date()) },
        fault: @escaping @Sendable (SpoolStep) -> Int32? = { _ in nil }
    ) {
        path = folder.spool
        stateFolder = folder.path
        files = SpoolFiles(fault: fault)
        self.now = now
    }

    private let stateFolder: String

    /// Makes a record durable; it returns after the file's and the folder's fsync.
    ///
    /// On an error it tries once more with a new file: after a failed fsync the same descriptor lies. Then it throws
    /// ``SpoolError/notDurable(record:cause:)`` with the whole record.
    package func write(_ record: SpoolRecord) throws {
        let frame = SpoolFrame.wrap(Array(try WireCoding.encode(record)))
        do {
            do {
                try place(frame, record)
            } catch {
                try place(frame, record)
            }
        } catch {
            throw SpoolError.notDurable(record: frame, cause: error)
        }
    }

    private func place(_ frame: [UInt8], _ record: SpoolRecord) throws(SystemFailure) {
        try makeFolders()
        let attempt = file(.tmp, RunID.make(at: now()).description)
        let name = "\(record.madeAt.milliseconds)-\(record.id).rec"
        try files.create(attempt, frame)
        do {
            try files.move(attempt, to: file(.new, name), in: folder(.new))
        } catch {
            // Not for the renamed file: it is complete, and the second try replaces it by the same bytes.
            files.remove(attempt)
            throw error
        }
    }

    /// How many records wait, those that some process delivers at this moment included.
    package func waiting() throws -> Int {
        do {
            return try files.names(in: folder(.new)).count + files.names(in: folder(.work)).count
        } catch {
            throw SpoolError.unusable(folder: path, cause: error)
        }
    }

    /// Creates the folders and shows that a file can be made durable in them.
    package func check() throws {
        do {
            try makeFolders()
            let trial = file(.tmp, RunID.make(at: now()).description)
            try files.create(trial, Array("track doctor\n".utf8))
            files.remove(trial)
        } catch {
            throw SpoolError.unusable(folder: path, cause: error)
        }
    }

    func folder(_ folder: Folder) -> String { path + "/" + folder.rawValue }

    func file(_ folder: Folder, _ name: String) -> String { self.folder(folder) + "/" + name }

    /// The state folder itself is open to others for root, because the database's server runs as another user below it.
    private func makeFolders() throws(SystemFailure) {
        try files.makeFolder(stateFolder, mode: geteuid() == 0 ? 0o755 : 0o700)
        try files.makeFolder(path, mode: 0o700)
        for each in Folder.allCases { try files.makeFolder(folder(each), mode: 0o700) }
    }
}
