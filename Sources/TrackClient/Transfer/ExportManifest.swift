package import TrackCore

/// `manifest.json`: what an export's folder holds. It is written last, so that a folder with it is whole. Nothing in it depends on when or
/// where the export was made: equal content gives equal files.
package struct ExportManifest: Hashable, Sendable, Codable {
    package struct File: Hashable, Sendable, Codable {
        /// Below the folder.
        package var path: String
        package var bytes: Int64
        package var lines: Int
        package var sha256: Digest
    }

    /// Always `track-export`.
    package var format: String
    /// Of the files' form: 1.
    package var version: Int
    /// The lineages that were chosen; nil when all were exported.
    package var lineages: [String]?
    /// By path.
    package var files: [File]

    static let formatName = "track-export"
    static let name = "manifest.json"

    init(lineages: [String]?, files: [File]) {
        format = ExportManifest.formatName
        version = 1
        self.lineages = lineages
        self.files = files
    }
}

/// The paths of an export's files.
enum ExportPath {
    static let lineages = "lineages.jsonl"
    static let checkpoints = "checkpoints.jsonl"
    static let protocols = "protocols.jsonl"
    static let revisions = "revisions.jsonl"

    static func documents(of revision: DomainSetRevision) -> String { "documents/\(revision.set)/\(revision.number).jsonl" }

    static func runs(of checkpoint: CheckpointKey) -> String { "\(runFolder)\(checkpoint.lineage)/\(checkpoint.digest.hex).jsonl" }

    static let runFolder = "runs/"
}
