#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Files that a reader sees whole: the old content until the new one is complete and on disk, then the new one.
enum AtomicFile {
    /// Writes beside `name`, syncs, renames over it, and syncs the folder, so that the file is there after a power cut too.
    static func write(_ bytes: [UInt8], named name: String, in folder: borrowing OpenFolder) throws {
        let temporary = "." + name + "." + String(UInt64.random(in: .min ... .max), radix: 16) + ".tmp"
        let descriptor = try folder.file(named: temporary, O_WRONLY | O_CREAT | O_EXCL)
        do {
            try fill(descriptor, with: bytes, named: name, in: folder)
            try folder.rename(temporary, to: name)
        } catch {
            folder.remove(temporary)
            throw error
        }
        try folder.sync()
    }

    static func read(_ name: String, in folder: borrowing OpenFolder) throws -> [UInt8] {
        let descriptor = try folder.file(named: name, O_RDONLY)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Self.read(descriptor, $0) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw folder.problem("read", name) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    private static func fill(_ descriptor: Int32, with bytes: [UInt8], named name: String, in folder: borrowing OpenFolder) throws {
        var isOpen = true
        defer { if isOpen { close(descriptor) } }
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Self.write(descriptor, $0) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw folder.problem("write", name) }
            rest = rest.dropFirst(written)
        }
        guard fsync(descriptor) == 0 else { throw folder.problem("sync", name) }
        isOpen = false
        guard close(descriptor) == 0 else { throw folder.problem("close", name) }
    }

    private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }

    private static func read(_ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.read(descriptor, bytes.baseAddress, bytes.count)
        #else
        Darwin.read(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}
