import FoundationEssentials
import Glibc
import TrackCore
package import TrackEvaluators

/// A worker's folder on disk.
///
/// ```
/// worker/            0700; 0711 when evaluators run as another user, who must reach what is below
///   lock             held while a worker runs
///   documents/       0700; else 0750 with that user's group: it reads held-out text and cannot change it
///   evaluators/      0700; else 0711: working folders, each 0700 of that user's own
///   kept/            0700: measured domains of jobs that are not done, see ``KeptDomains``
///   running/         0700: notes about running evaluators
/// ```
package final class WorkerFolder: Sendable {
    package let path: String
    /// Whose group may read the documents.
    let group: UInt32?
    private let lock: Int32

    package var documents: String { path + "/documents" }
    package var evaluators: String { path + "/evaluators" }
    package var kept: String { path + "/kept" }
    package var running: String { path + "/running" }

    /// Makes what is missing and takes the lock.
    ///
    /// - Parameter user: as whom evaluators run; nil for this process's own user.
    /// - Throws: A problem when another worker uses the folder, or when it cannot be made.
    package init(path: String, user: RunAs?) throws {
        self.path = path
        group = user?.gid
        let shared = user != nil
        try Self.make(path, mode: shared ? 0o711 : 0o700, group: nil)
        let descriptor = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path + "/lock") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Problem(.conflict, "Another worker uses \(path). Give this one a folder of its own.")
        }
        lock = descriptor
        do {
            try Self.make(documents, mode: shared ? 0o750 : 0o700, group: group)
            try Self.make(evaluators, mode: shared ? 0o711 : 0o700, group: nil)
            try Self.make(kept, mode: 0o700, group: nil)
            try Self.make(running, mode: 0o700, group: nil)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit {
        // Closing alone would leave the lock to a child that was forked and has not yet reached its exec.
        flock(lock, LOCK_UN)
        close(lock)
    }

    private static func make(_ path: String, mode: UInt32, group: UInt32?) throws {
        if !FileManager.default.fileExists(atPath: path) {
            do {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            } catch {
                throw Problem(.internal, "Cannot make the worker's folder \(path). Check its permissions, or choose another one.")
            }
        }
        guard chmod(path, mode) == 0, group.map({ chown(path, geteuid(), $0) == 0 }) ?? true else { throw failure(path) }
    }

    private static func failure(_ path: String) -> Problem {
        Problem(.internal, "Cannot use the worker's folder: \(path): \(String(cString: strerror(errno))).")
    }
}
