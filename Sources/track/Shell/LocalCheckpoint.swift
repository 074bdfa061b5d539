import ArgumentParser
import FoundationEssentials
import TrackClient
import TrackCore
import TrackEvaluators

/// A checkpoint whose files are on this machine.
struct LocalCheckpoint {
    let label: String
    let path: String

    static let help: ArgumentHelp = "A folder, or a registered checkpoint: LINEAGE/NAME, LINEAGE@STEP, its digest or its number."

    /// A folder as it is; a registered checkpoint with its content proved against the digest that it was added with.
    static func found(_ reference: String, _ context: CommandContext) async throws -> LocalCheckpoint {
        if FileManager.default.fileExists(atPath: reference + "/config.json") {
            return LocalCheckpoint(label: reference, path: absolute(reference))
        }
        let checkpoint: Checkpoint
        do {
            checkpoint = try await context.withClient { try await $0.checkpoint(reference) }.checkpoint
        } catch let problem as Problem where problem.type == .notFound {
            throw CommandFailure("\(reference) is neither a folder with a config.json nor a registered checkpoint.")
        }
        return try proved(checkpoint, context)
    }

    /// - Throws: when it is not on this machine, or not what was added.
    static func proved(_ checkpoint: Checkpoint, _ context: CommandContext) throws -> LocalCheckpoint {
        let described = checkpoint.description
        guard let path = FileURI.path(ofURI: described.uri) else {
            throw CommandFailure("\(checkpoint.label) lies at \(described.uri), and its tokens can only be scored from a folder.")
        }
        let progress = ProgressLine(context)
        defer { progress.clear() }
        let digest = try CheckpointFolder.read(path: path) { _ in progress.show("Reading \(path)") }.checkpoint.digest
        guard digest == described.digest else {
            throw CommandFailure(
                "\(path) has changed since \(checkpoint.label) was added: its digest is \(digest.short), not \(described.digest.short). "
                    + "Put the old files back, or add the folder again as a new checkpoint.")
        }
        return LocalCheckpoint(label: checkpoint.label, path: path)
    }

    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
