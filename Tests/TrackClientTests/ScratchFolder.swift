import FoundationEssentials

/// A folder of a test's own, removed afterwards.
final class ScratchFolder: Sendable {
    let path: String

    /// - Parameter parent: `/dev/shm` for thousands of files, whose fsync would wait for a disk.
    init(below parent: String = "/tmp") throws {
        path = parent + "/track-test-" + UUID().uuidString.prefix(13)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)) ?? []).sorted()
    }

    func read(_ file: String) throws -> Data { try Data(contentsOf: URL(filePath: path + "/" + file)) }

    func write(_ file: String, _ text: String, mode: Int = 0o600) throws {
        let full = path + "/" + file
        try Data(text.utf8).write(to: URL(filePath: full))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: full)
    }

    func mode(_ file: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path + "/" + file)[.posixPermissions] as? Int
    }
}
