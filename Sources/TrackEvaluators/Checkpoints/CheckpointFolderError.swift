/// Why a folder is not read as a checkpoint. The description is the sentence for the person who named the folder.
package enum CheckpointFolderError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(folder: String)
    case notAFolder(path: String)
    case notACheckpoint(folder: String, reason: String)
    /// Weights in Python's pickle format only, which may run code when they are read.
    case picklesOnly(file: String)
    /// Files of an adapter without the model that it belongs to.
    case adapterOnly(folder: String)
    case shardMissing(file: String, index: String)
    /// A file that ends early: bytes there, bytes that there must be (nil when not even that is known yet).
    case halfWritten(file: String, size: Int64, expected: Int64?)
    case damaged(file: String, reason: String)
    case unreadable(file: String, reason: String)
    case changing(file: String)

    /// Whether waiting may help: somebody seems to be writing.
    package var mayPass: Bool {
        switch self {
        case .halfWritten, .changing, .shardMissing: true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .missing(let folder): "There is no folder \(folder)."
        case .notAFolder(let path): "\(path) is a file. Name the folder that holds the checkpoint."
        case .notACheckpoint(let folder, let reason):
            "\(folder) is no checkpoint: \(reason). A checkpoint is a folder with config.json and "
                + "model.safetensors, as save_pretrained writes it."
        case .picklesOnly(let file):
            "\(file) is a pickle, which may run code when it is read, and there are no safetensors beside it. "
                + "Convert it: load the model and call save_pretrained(folder, safe_serialization=True)."
        case .adapterOnly(let folder):
            "\(folder) holds an adapter without its model. Merge it (merge_and_unload in peft), save the result and add that folder."
        case .shardMissing(let file, let index):
            "\(file) is missing, but \(index) names it. Wait until the writer has finished, or copy the checkpoint again."
        case .halfWritten(let file, let size, let expected):
            "\(file) is half-written: \(size) bytes\(expected.map { " of \($0)" } ?? "")."
                + " Wait until the writer has finished, or copy it again."
        case .damaged(let file, let reason): "\(file) is damaged: \(reason). Copy it again from where it was made."
        case .unreadable(let file, let reason): "Cannot read \(file): \(reason)."
        case .changing(let file): "\(file) is still being written: it changed while it was read. Try again when the writer has finished."
        }
    }
}
