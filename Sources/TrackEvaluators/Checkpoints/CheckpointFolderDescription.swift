package import TrackCore

/// What a checkpoint's folder says about itself.
package struct CheckpointFolderDescription: Hashable, Sendable {
    /// Ready for ``AddCheckpointRequest``.
    package let checkpoint: CheckpointDescription
    /// The parent folder's name for a folder like `checkpoint-120`, else the folder's own; a valid name, or nil when none can be made of
    /// it.
    package let lineage: String?
    /// The checkpoint of the same training run before this one, by the name that it has beside it, for example `checkpoint-60`.
    package let previous: String?
    /// What the model was started from, as its configuration remembers it: a path or a hub's name.
    package let startedFrom: String?
    /// Entries of the vocabulary.
    package let vocabulary: Int?
    package let tiesEmbeddings: Bool
    /// The files that the content digest is over, in the order of their names.
    package let files: [CheckpointFile]
    /// What a person should know, a sentence each.
    package let notes: [String]
}

/// A file that belongs to a checkpoint's content.
package struct CheckpointFile: Hashable, Sendable {
    package let name: String
    package let digest: Digest
    package let stamp: FileStamp
}

/// How far the reading of a checkpoint has come.
package struct CheckpointReadProgress: Hashable, Sendable {
    package let bytesDone: Int64
    package let bytes: Int64
}
