import Dispatch
import Synchronization
import TrackCore
import TrackEvaluators

/// Proves before an evaluation that a checkpoint is still the one that was added: numbers of other weights must not carry its name.
actor CheckpointVerifier {
    private var known: [String: (stamps: [String: FileStamp], digest: Digest)] = [:]

    /// The checkpoint's folder on this machine.
    ///
    /// The files are read once; later, as long as none of them has changed by size, time or place, the digest is remembered.
    /// - Throws: ``AttemptFailure``, `CancellationError`.
    func folder(of checkpoint: Checkpoint) async throws -> String {
        let described = checkpoint.description
        guard let path = FileURI.path(ofURI: described.uri) else {
            throw AttemptFailure(
                "\(checkpoint.label) lies at \(described.uri), which a worker cannot read: it needs a folder.", retry: false)
        }
        do {
            let stamps = try CheckpointFolder.stamps(path: path)
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
            throw AttemptFailure("\(path) is not on this machine. Run a worker where it is, or copy it here.", retry: true)
        } catch let error as CheckpointFolderError {
            throw AttemptFailure(error.description, retry: error.mayPass)
        }
        return path
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
