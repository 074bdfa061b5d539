import Dispatch
import Synchronization
import TrackCore
import TrackEvaluators

/// Proves before an evaluation that a checkpoint is still the one that was added: numbers of other weights must not carry its name.
actor CheckpointVerifier {
    private let roots: CheckpointRoots
    private var known: [String: (stamps: [String: FileStamp], digest: Digest)] = [:]

    /// - Parameter roots: where checkpoints may lie.
    init(roots: CheckpointRoots) { self.roots = roots }

    /// The checkpoint's folder on this machine.
    ///
    /// The files are read once; later, as long as none of them has changed by size, time or place, the digest is remembered.
    /// - Throws: ``AttemptFailure``, `CancellationError`.
    func folder(of checkpoint: Checkpoint) async throws -> String {
        let described = checkpoint.description
        guard let named = FileURI.path(ofURI: described.uri) else {
            throw AttemptFailure(
                "\(checkpoint.label) lies at \(described.uri), which a worker cannot read: it needs a folder.", retry: false)
        }
        guard let path = try roots.allowed(named) else { throw Self.missing(named) }
        do {
            let stamps = try CheckpointFolder.stamps(path: path)
            // A file of the folder can be a link too.
            for name in stamps.keys { _ = try roots.allowed(path + "/" + name) }
            let digest: Digest
            if let entry = known[path], entry.stamps == stamps {
                digest = entry.digest
            } else {
                digest = try await Self.read(path)
                known[path] = (stamps, digest)
            }
            guard digest == described.digest else {
                throw AttemptFailure(
                    "\(path) has changed since \(checkpoint.label) was added: its digest is "
                        + "\(digest.short), not \(described.digest.short). "
                        + "Put the old files back, or add the folder again as a new checkpoint.", retry: false)
            }
        } catch CheckpointFolderError.missing {
            throw Self.missing(path)
        } catch let error as CheckpointFolderError {
            throw AttemptFailure(error.description, retry: error.mayPass)
        }
        return path
    }

    private static func missing(_ path: String) -> AttemptFailure {
        AttemptFailure("\(path) is not on this machine. Run a worker where it is, or copy it here.", retry: true)
    }

    /// On a thread of its own: reading the weights takes as long as the disk does. It stops when the task is cancelled.
    private static func read(_ path: String) async throws -> Digest {
        let flag = CancelFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(
                        with: Result {
                            try CheckpointFolder.read(path: path) { _ in if flag.isSet { throw CancellationError() } }.checkpoint.digest
                        })
                }
            }
        } onCancel: {
            flag.set()
        }
    }
}

/// Tells a thread without a task that its work is no longer wanted.
private final class CancelFlag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() { value.store(true, ordering: .relaxed) }
}
