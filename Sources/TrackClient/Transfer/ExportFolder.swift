import FoundationEssentials
import SystemPackage
import TrackCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A folder that an export is written into, file by file. A file has its name only when it is whole and on the disk, so that an export that
/// was interrupted goes on with the next one.
final class ExportFolder {
    /// What an export that is not finished knows of itself: `.export.json`. It is locked while a process works on it.
    struct Progress: Hashable, Codable {
        var moment: ExportMoment
        var lineages: [String]?
    }

    let path: String
    let progress: Progress
    private let lock: FileDescriptor

    private static let progressName = ".export.json"
    private static let partName = ".part"

    /// Opens the folder of an export under way, or begins one with what `begin` answers.
    ///
    /// - Throws: ``TransferFault`` when the folder holds something else, or an export of other lineages.
    static func open(_ path: String, lineages: [String]?, begin: () async throws -> ExportMoment) async throws -> ExportFolder {
        try makeFolder(path)
        let known = path + "/" + progressName
        if !exists(known) {
            let names = try FileManager.default.contentsOfDirectory(atPath: path)
            guard !names.contains(ExportManifest.name) else {
                throw TransferFault("\(path) holds an export that is finished. Export into another folder.")
            }
            // An interrupted beginning leaves nothing but its part.
            guard names.allSatisfy({ $0 == partName }) else {
                throw TransferFault("\(path) is not empty. Export into a folder of its own.")
            }
            let folder = try ExportFolder(path, Progress(moment: try await begin(), lineages: lineages), lock: nil)
            try folder.write(Array(try WireCoding.encode(folder.progress)), named: progressName)
        }
        let descriptor = try reporting("open \(known)") {
            try FileDescriptor.open(FilePath(known), .readWrite, options: [.closeOnExec, .noFollow])
        }
        guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            try? descriptor.close()
            throw TransferFault("Another process exports into \(path) at this moment.")
        }
        guard let file = try? SmallFile.contents(of: known, limit: 1 << 20),
            let progress = try? WireCoding.decode(Progress.self, from: Data(file.bytes))
        else {
            throw TransferFault("\(known) is damaged. Remove the folder and begin anew.")
        }
        guard progress.lineages == lineages else {
            let chosen = progress.lineages.map { "the lineages " + $0.joined(separator: ", ") } ?? "all lineages"
            throw TransferFault("\(path) holds an unfinished export of \(chosen). Finish that one, or choose another folder.")
        }
        return try ExportFolder(path, progress, lock: descriptor)
    }

    private init(_ path: String, _ progress: Progress, lock: FileDescriptor?) throws {
        self.path = path
        self.progress = progress
        self.lock = try lock ?? FileDescriptor.open("/dev/null", .readOnly, options: [.closeOnExec])
    }

    deinit {
        flock(lock.rawValue, LOCK_UN)
        try? lock.close()
    }

    func file(_ name: String) -> String { path + "/" + name }

    func has(_ name: String) -> Bool { ExportFolder.exists(file(name)) }

    /// Writes a file, which gets its name at the end of `body`.
    ///
    /// - Parameter leavesOutEmpty: writes no file when `body` wrote no line.
    func write(_ name: String, leavesOutEmpty: Bool, _ body: (_ part: Part) async throws -> Void) async throws {
        let part = try Part(file(ExportFolder.partName))
        try await body(part)
        if leavesOutEmpty, part.lines == 0 {
            unlink(file(ExportFolder.partName))
            return
        }
        try part.finish()
        try place(name)
    }

    /// Writes the manifest over the files that are there, and ends the export.
    func finish() throws -> ExportManifest {
        let files = try names().map { name in
            let (bytes, lines, digest) = try LineFile.measure(file(name))
            return ExportManifest.File(path: name, bytes: bytes, lines: lines, sha256: digest)
        }
        let manifest = ExportManifest(lineages: progress.lineages, files: files)
        try write(Array(try WireCoding.encode(manifest, pretty: true)) + [UInt8(ascii: "\n")], named: ExportManifest.name)
        unlink(file(ExportFolder.progressName))
        try ExportFolder.syncFolder(path)
        return manifest
    }

    private func write(_ bytes: [UInt8], named name: String) throws {
        let part = try Part(file(ExportFolder.partName))
        try part.write(bytes)
        try part.finish()
        try place(name)
    }

    private func place(_ name: String) throws {
        let target = file(name)
        let folder = String(target[..<(target.lastIndex(of: "/") ?? target.endIndex)])
        try ExportFolder.makeFolder(folder)
        guard rename(file(ExportFolder.partName), target) == 0 else { throw SystemFailure("move a file to \(target)", code: errno) }
        try ExportFolder.syncFolder(folder)
    }

    /// The files below the folder, sorted by path.
    private func names() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path).filter { $0.hasSuffix(".jsonl") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Makes a folder and those above it, for this user alone: held-out texts are nobody else's business.
    private static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw SystemFailure("create the folder \(path)", code: errno)
        }
        let parent = String(path[..<slash])
        try makeFolder(parent)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemFailure("create the folder \(path)", code: errno) }
        try syncFolder(parent)
    }

    private static func syncFolder(_ path: String) throws {
        try reporting("sync \(path)") {
            let folder = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
            defer { try? folder.close() }
            guard fsync(folder.rawValue) == 0 else { throw Errno(rawValue: errno) }
        }
    }

    private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

extension ExportFolder {
    /// The file that is written at this moment. What a killed process left of one is overwritten.
    final class Part {
        private let path: String
        private let descriptor: FileDescriptor
        private(set) var lines = 0

        fileprivate init(_ path: String) throws {
            self.path = path
            descriptor = try reporting("create \(path)") {
                try FileDescriptor.open(
                    FilePath(path), .writeOnly, options: [.create, .truncate, .noFollow, .closeOnExec], permissions: [.ownerReadWrite])
            }
        }

        deinit { try? descriptor.close() }

        func write(line: ArraySlice<UInt8>) throws {
            try write(line + [UInt8(ascii: "\n")])
            lines += 1
        }

        func write(_ bytes: some Sequence<UInt8>) throws {
            try reporting("write \(path)") { _ = try descriptor.writeAll(bytes) }
        }

        fileprivate func finish() throws {
            guard fsync(descriptor.rawValue) == 0 else { throw SystemFailure("sync \(path)", code: errno) }
        }
    }
}
