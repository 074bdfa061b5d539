import FoundationEssentials
import SystemPackage
import TrackCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that gets its name only when it is whole and on the disk, for its owner alone.
///
/// While it is written it is called `.NAME.NUMBER.part` and locked. The lock ends with its last writer, so that what a killed one left
/// behind is known by it, and removed by the next.
final class BackupFile {
    let descriptor: FileDescriptor
    private let temporary: FilePath
    private let final: FilePath
    private var isDone = false

    /// - Throws: ``BackupFault`` when the name is taken or the folder cannot be written.
    init(_ path: FilePath) throws {
        final = path
        let folder = path.removingLastComponent().isEmpty ? FilePath(".") : path.removingLastComponent()
        let name = path.lastComponent?.string ?? ""
        var facts = stat()
        guard path.withPlatformString({ lstat($0, &facts) }) != 0 else {
            throw BackupFault("\(path) is there already, and a backup is never overwritten. Give another name.")
        }
        // For this user alone; one that is there, or cannot be made, is met below.
        _ = folder.withPlatformString { mkdir($0, 0o700) }
        BackupFile.removeLeftovers(in: folder)
        temporary = folder.appending(".\(name).\(getpid()).part")
        do {
            descriptor = try FileDescriptor.open(
                temporary, .readWrite, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec], permissions: [.ownerReadWrite])
        } catch {
            throw BackupFault("\(temporary) cannot be made: \(error). Give a folder that this user can write.")
        }
        flock(descriptor.rawValue, LOCK_EX)
    }

    deinit {
        try? descriptor.close()
        if !isDone { _ = temporary.withPlatformString { unlink($0) } }
    }

    /// Length in bytes and digest of what was written, read back from the file.
    func measure() throws -> (bytes: Int64, digest: Digest) { try BackupFile.measure(descriptor) }

    static func measure(_ descriptor: FileDescriptor) throws -> (bytes: Int64, digest: Digest) {
        var stream = DigestStream()
        var offset: Int64 = 0
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = try chunk.withUnsafeMutableBytes { try descriptor.read(fromAbsoluteOffset: offset, into: $0) }
            if count == 0 { return (offset, stream.finish()) }
            chunk.withUnsafeBytes { stream.update(pointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            offset += Int64(count)
        }
    }

    var path: FilePath { temporary }

    /// Makes what was written durable; it still has no name.
    func sync() throws { try check(fsync(descriptor.rawValue), "sync") }

    /// Gives the file its name, durably.
    func finish() throws {
        let renamed = temporary.withPlatformString { from in final.withPlatformString { rename(from, $0) } }
        try check(renamed, "rename")
        isDone = true
        let folder = try FileDescriptor.open(final.removingLastComponent().isEmpty ? "." : final.removingLastComponent(), .readOnly)
        defer { try? folder.close() }
        try check(fsync(folder.rawValue), "sync the folder of")
    }

    private func check(_ result: Int32, _ deed: String) throws {
        guard result == 0 else { throw BackupFault("Could not \(deed) \(final): \(Errno(rawValue: errno)).") }
    }

    private static func removeLeftovers(in folder: FilePath) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? [] {
            guard name.hasPrefix("."), name.hasSuffix(".part"),
                let file = try? FileDescriptor.open(folder.appending(name), .readOnly, options: [.noFollow, .nonBlocking, .closeOnExec])
            else { continue }
            if flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 {
                _ = folder.appending(name).withPlatformString { unlink($0) }
                flock(file.rawValue, LOCK_UN)
            }
            try? file.close()
        }
    }
}
