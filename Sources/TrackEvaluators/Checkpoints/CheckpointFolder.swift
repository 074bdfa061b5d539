import FoundationEssentials
import Glibc
import TrackCore

/// Reads a Hugging Face checkpoint folder: what is in it, and what identifies it. Nothing of it is loaded or run, and no pickle is opened.
package enum CheckpointFolder {
    /// Reads the folder and digests its content. It blocks: every byte of the weights is read once.
    ///
    /// - Parameter progress: called after each piece of at most a MiB; what it throws ends the reading.
    /// - Throws: ``CheckpointFolderError``; what `progress` throws.
    package static func read(
        path: String, progress: (CheckpointReadProgress) throws -> Void = { _ in }
    ) throws -> CheckpointFolderDescription {
        let layout = try CheckpointLayout.read(path: path)
        let files = try layout.digests(progress: progress)
        let trainer = try layout.trainerState()
        let tokenizer = try TokenizerFingerprint.digest(in: layout.folder) {
            try layout.contents($0, limit: TokenizerFingerprint.maximumFileSize)
        }
        let folderName = layout.folder.lastComponent
        let named = CheckpointFolderName(folderName)
        let parent = layout.folder.parent
        var notes = trainer.notes
        if tokenizer == nil {
            notes.append("It has no tokenizer, so text cannot be scored with it: save the tokenizer into the folder and add it again.")
        }
        if let said = trainer.state?.step, let named, named.step != said {
            notes.append("Its folder is named step \(named.step), but trainer_state.json says step \(said); \(said) was taken.")
        }
        let step = trainer.state?.step ?? named?.step
        return CheckpointFolderDescription(
            checkpoint: CheckpointDescription(
                name: folderName, uri: FileURI.uri(ofPath: layout.folder), digest: digest(of: files), step: step,
                tokensSeen: trainer.state?.tokensSeen, parameters: layout.parameters,
                architecture: layout.configuration.architectures?.first, tokenizer: tokenizer,
                maximumContext: layout.configuration.maximumContext, bytes: layout.weightBytes),
            lineage: Name.slug(of: named == nil ? folderName : parent.lastComponent),
            previous: named?.previous(among: (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []),
            startedFrom: layout.configuration.startedFrom, vocabulary: layout.configuration.vocabulary,
            tiesEmbeddings: layout.configuration.tiesEmbeddings ?? false, files: files, notes: notes)
    }

    /// Cheap: which state the files of the content are in, without reading them. Two equal answers mean one content digest.
    package static func stamps(path: String) throws -> [String: FileStamp] {
        let layout = try CheckpointLayout.read(path: path)
        return try Dictionary(uniqueKeysWithValues: layout.contentFiles.map { ($0, try layout.stamp($0)) })
    }

    /// The content digest: SHA-256 over `track checkpoint 1` and, per file in the order of the names' bytes, its name, size and SHA-256.
    ///
    /// Over the weights (and the index of shards), config.json and the files of the tokenizer: what decides the numbers. Not over the
    /// optimizer,
    /// the trainer's state, generation settings, chat templates or notes, so that the same model copied to another place is the same
    /// checkpoint.
    static func digest(of files: [CheckpointFile]) -> Digest {
        var stream = DigestStream()
        stream.update(text: "track checkpoint 1\n")
        for file in files { stream.update(text: "\(file.name)\n\(file.stamp.size)\n\(file.digest.hex)\n") }
        return stream.finish()
    }
}
