import FoundationEssentials
import Glibc

/// A folder in memory for one reading.
struct ScratchFolder {
    let path: String

    static func with<Value>(_ body: (ScratchFolder) throws -> Value) throws -> Value {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        return try body(folder)
    }

    static func with<Value>(_ body: (ScratchFolder) async throws -> Value) async throws -> Value {
        let folder = try ScratchFolder()
        defer { folder.remove() }
        return try await body(folder)
    }

    private init() throws {
        var template = Array("/dev/shm/track-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ bytes: [UInt8], _ name: String) throws {
        let descriptor = open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        defer { close(descriptor) }
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw CocoaError(.fileWriteUnknown) }
    }

    private func remove() { try? FileManager.default.removeItem(atPath: path) }
}
