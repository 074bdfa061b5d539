#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The steps in which a record becomes durable; the names that a test uses to let one of them fail.
package enum SpoolStep: Hashable, Sendable, CaseIterable {
    case create, write, sync, close, rename, syncFolder
}

/// The system calls of the spool. `fault` is asked before each step and may fail it; outside tests it never does.
struct SpoolFiles: Sendable {
    typealias Fault = @Sendable (SpoolStep) -> Int32?

    let fault: Fault

    /// Writes a new file and makes its bytes durable. An existing file or a link is refused. What was begun is removed on failure.
    func create(_ path: String, _ bytes: [UInt8]) throws(SystemFailure) {
        try step(.create, "create \(path)")
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure("create \(path)", code: errno) }
        do throws(SystemFailure) {
            try write(bytes, to: descriptor, path)
            try step(.sync, "sync \(path)")
            guard fsync(descriptor) == 0 else { throw SystemFailure("sync \(path)", code: errno) }
        } catch {
            _ = closeDescriptor(descriptor)
            unlink(path)
            throw error
        }
        // close(2) may report a write that failed late, on network file systems.
        let closed = closeDescriptor(descriptor)
        let code = errno
        do throws(SystemFailure) {
            try step(.close, "close \(path)")
            guard closed == 0 else { throw SystemFailure("close \(path)", code: code) }
        } catch {
            unlink(path)
            throw error
        }
    }

    /// Moves a file and makes the move durable in the folder that it goes to.
    func move(_ path: String, to target: String, in folder: String) throws(SystemFailure) {
        try step(.rename, "move \(path) to \(target)")
        guard rename(path, target) == 0 else { throw SystemFailure("move \(path) to \(target)", code: errno) }
        try syncFolder(folder)
    }

    func syncFolder(_ folder: String) throws(SystemFailure) {
        try step(.syncFolder, "sync \(folder)")
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure("sync \(folder)", code: errno) }
        defer { _ = closeDescriptor(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemFailure("sync \(folder)", code: errno) }
    }

    /// Creates a folder, and those above it, where they are missing.
    func makeFolder(_ path: String, mode: UInt32) throws(SystemFailure) {
        if mkdir(path, mode_t(mode)) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw SystemFailure("create the folder \(path)", code: errno)
        }
        try makeFolder(String(path[..<slash]), mode: mode)
        guard mkdir(path, mode_t(mode)) == 0 || errno == EEXIST else { throw SystemFailure("create the folder \(path)", code: errno) }
    }

    /// The names in a folder, sorted, without those that begin with a dot; empty when the folder is missing.
    func names(in folder: String) throws(SystemFailure) -> [String] {
        guard let handle = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw SystemFailure("read the folder \(folder)", code: errno)
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func remove(_ path: String) { unlink(path) }

    private func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(SystemFailure) {
        try step(.write, "write \(path)")
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { writeBytes(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemFailure("write \(path)", code: count < 0 ? errno : ENOSPC) }
            rest = rest.dropFirst(count)
        }
    }

    private func step(_ step: SpoolStep, _ operation: String) throws(SystemFailure) {
        if let code = fault(step) { throw SystemFailure(operation, code: code) }
    }
}

// The plain names, which the methods above would hide.
private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }

private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(descriptor, bytes, count) }
