import TrackCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The system calls that change the spool; the names that a test uses to let one of them fail, or to die before it.
package enum SpoolStep: Hashable, Sendable, CaseIterable {
    case makeFolder, create, write, writeHeader, sync, close, touch, rename, openFolder, syncFolder, remove
}

/// The system calls of the spool. `fault` is asked before each step and may fail it; outside tests it never does.
struct SpoolFiles: Sendable {
    typealias Fault = @Sendable (SpoolStep) -> Int32?

    let fault: Fault

    /// Writes a new file and makes its bytes durable. An existing file or a link is refused. What was begun is removed on failure.
    func create(_ path: String, _ fill: (SpoolDraft) throws -> Void) throws {
        try step(.create, "create \(path)")
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure("create \(path)", code: errno) }
        do {
            try fill(SpoolDraft(path: path, descriptor: descriptor, fault: fault))
            try step(.sync, "sync \(path)")
            guard fsync(descriptor) == 0 else { throw SystemFailure("sync \(path)", code: errno) }
        } catch {
            _ = closeDescriptor(descriptor)
            remove(path)
            throw error
        }
        // close(2) may report a write that failed late, on network file systems.
        let closed = closeDescriptor(descriptor)
        let code = errno
        do {
            try step(.close, "close \(path)")
            guard closed == 0 else { throw SystemFailure("close \(path)", code: code) }
        } catch {
            remove(path)
            throw error
        }
    }

    /// The same with bytes that are there already.
    func create(_ path: String, _ bytes: [UInt8]) throws(SystemFailure) {
        do {
            try create(path) { draft in try bytes.withUnsafeBytes { try draft.append($0) } }
        } catch let failure as SystemFailure {
            throw failure
        } catch {
            throw SystemFailure("write \(path)", code: EIO)
        }
    }

    /// Moves a file and makes the move durable in the folder that it goes to.
    func move(_ path: String, to target: String, in folder: String) throws(SystemFailure) {
        try rename(path, to: target)
        try syncFolder(folder)
    }

    /// A move that is not durable yet.
    func rename(_ path: String, to target: String) throws(SystemFailure) {
        try step(.rename, "move \(path) to \(target)")
        guard renameFile(path, target) == 0 else { throw SystemFailure("move \(path) to \(target)", code: errno) }
    }

    func syncFolder(_ folder: String) throws(SystemFailure) {
        try step(.openFolder, "sync \(folder)")
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure("sync \(folder)", code: errno) }
        defer { _ = closeDescriptor(descriptor) }
        try step(.syncFolder, "sync \(folder)")
        guard fsync(descriptor) == 0 else { throw SystemFailure("sync \(folder)", code: errno) }
    }

    /// Creates a folder, and those above it, where they are missing.
    func makeFolder(_ path: String, mode: UInt32) throws(SystemFailure) {
        try step(.makeFolder, "create the folder \(path)")
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

    /// What a file's entry says.
    struct Facts {
        /// Bytes.
        let size: Int64
        let modifiedAt: Timestamp
        /// When it was renamed or changed last.
        let changedAt: Timestamp
    }

    /// Nil when there is no such file.
    func facts(_ path: String) -> Facts? {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return nil }
        return Facts(size: Int64(facts.st_size), modifiedAt: Timestamp(facts.st_mtim), changedAt: Timestamp(facts.st_ctim))
    }

    /// Sets the time of the last change of a file's content.
    func touch(_ path: String, at time: Timestamp) throws(SystemFailure) {
        try step(.touch, "date \(path)")
        let value = timespec(time)
        guard utimensat(AT_FDCWD, path, [value, value], AT_SYMLINK_NOFOLLOW) == 0 else { throw SystemFailure("date \(path)", code: errno) }
    }

    /// What its file system has left for this user, in bytes.
    func freeBytes(_ path: String) throws(SystemFailure) -> Int64 {
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else { throw SystemFailure("look at the disk of \(path)", code: errno) }
        return Int64(facts.f_bavail) * Int64(facts.f_frsize)
    }

    /// A file that cannot be removed stays; what depends on its absence looks itself.
    func remove(_ path: String) {
        guard fault(.remove) == nil else { return }
        unlink(path)
    }

    private func step(_ step: SpoolStep, _ operation: String) throws(SystemFailure) {
        if let code = fault(step) { throw SystemFailure(operation, code: code) }
    }
}

/// A new file of the spool while it is written.
struct SpoolDraft {
    let path: String
    fileprivate let descriptor: Int32
    fileprivate let fault: SpoolFiles.Fault

    func append(_ bytes: UnsafeRawBufferPointer) throws(SystemFailure) {
        try put(bytes, .write) { writeBytes(descriptor, $0.baseAddress, $0.count) }
    }

    /// Over what stands at the beginning of the file.
    func overwriteStart(_ bytes: [UInt8]) throws(SystemFailure) {
        var offset = 0
        do {
            try bytes.withUnsafeBytes { bytes in
                try put(bytes, .writeHeader) { rest in
                    let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset))
                    offset += max(0, count)
                    return count
                }
            }
        } catch let failure as SystemFailure {
            throw failure
        } catch {
            throw SystemFailure("write \(path)", code: EIO)
        }
    }

    private func put(
        _ bytes: UnsafeRawBufferPointer, _ step: SpoolStep, _ call: (UnsafeRawBufferPointer) -> Int
    ) throws(SystemFailure) {
        if let code = fault(step) { throw SystemFailure("write \(path)", code: code) }
        var rest = bytes
        while !rest.isEmpty {
            let count = call(rest)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemFailure("write \(path)", code: count < 0 ? errno : ENOSPC) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}

extension Timestamp {
    fileprivate init(_ time: timespec) { self.init(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000) }
}

extension timespec {
    fileprivate init(_ time: Timestamp) {
        self.init(tv_sec: Int(time.milliseconds / 1000), tv_nsec: Int(time.milliseconds % 1000) * 1_000_000)
    }
}

// The plain names, which the methods above would hide.
private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }

private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(descriptor, bytes, count) }

private func renameFile(_ path: String, _ target: String) -> Int32 { rename(path, target) }
