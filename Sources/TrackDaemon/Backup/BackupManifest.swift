import FoundationEssentials
package import TrackCore
import TrackStore

/// What a backup holds, in a file beside it: `NAME.json`.
package struct BackupManifest: Sendable, Codable {
    /// Always `track-backup`.
    package var format: String
    /// Of this form: 1.
    package var version: Int
    /// The trackd that wrote it.
    package var trackd: String
    package var schemaVersion: Int
    /// The server's major version.
    package var postgresql: Int
    /// Of the database that was backed up; restoring begins another.
    package var epoch: Epoch
    package var madeAt: Timestamp
    package var bytes: Int64
    /// Of the dump.
    package var sha256: Digest
    /// By table.
    package var rows: [String: Int]

    /// For people: what is in it.
    package var summary: String {
        [
            ("lineage", "lineages"), ("checkpoint", "checkpoints"), ("domain_set_revision", "domain set revisions"),
            ("evaluation_run", "runs"),
        ].map { "\(rows[$0.0] ?? 0) \($0.1)" }.joined(separator: ", ")
    }

    static let formatName = "track-backup"

    static func path(for dump: String) -> String { dump + ".json" }

    /// Reads the manifest of a dump.
    ///
    /// - Throws: ``BackupFault`` when there is none or this trackd cannot use it.
    static func read(for dump: String) throws -> BackupManifest {
        let path = path(for: dump)
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            throw BackupFault("""
                There is no manifest \(path) that can be read. `trackd backup` writes it beside the dump: copy both. A dump that pg_dump \
                made by hand is loaded with pg_restore.
                """)
        }
        guard let manifest = try? WireCoding.decode(BackupManifest.self, from: data), manifest.format == formatName else {
            throw BackupFault("\(path) is not the manifest of a backup of trackd.")
        }
        guard manifest.version == 1, manifest.schemaVersion <= Schema.version else {
            throw BackupFault("""
                The backup has schema version \(manifest.schemaVersion), made by trackd \(manifest.trackd); this one knows up to \
                \(Schema.version). Restore with the trackd that made it, or a newer one.
                """)
        }
        guard manifest.schemaVersion >= RestoreScript.oldestVersion, manifest.rows.keys.allSatisfy(RestoreScript.isTableName) else {
            throw BackupFault("\(path) is damaged: its schema version or the name of a table cannot be.")
        }
        return manifest
    }
}

/// Why there is no backup, or why one was not restored: for the machine's owner, what to do included. Nothing was changed.
struct BackupFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
