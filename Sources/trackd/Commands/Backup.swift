import ArgumentParser
import TrackDaemon

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a backup of the database; the daemon may run.",
        discussion: """
            A consistent dump, for its owner alone, and beside it FILE.json, which says what is in it. A file appears under its name only \
            when it is whole, on the disk and read back; one that is there is never overwritten. `trackd restore` loads it.
            """)

    @Argument(help: "The file to write.")
    var file: String?

    @Option(name: .customLong("to"), help: "Write a file named after the time into this folder instead.")
    var folder: String?

    @OptionGroup var options: ConfigurationOptions

    func validate() throws {
        guard (file == nil) != (folder == nil) else { throw ValidationError("Give a file, or a folder with --to.") }
    }

    func run() async throws {
        let configuration = try await options.load()
        let target = folder.map(BackupTarget.folder) ?? .file(file ?? "")
        let (path, manifest) = try await Daemon.backup(configuration, to: target, logger: Daemon.logger(configuration))
        print("\(path): \(manifest.summary), \(manifest.bytes) bytes.")
    }
}
