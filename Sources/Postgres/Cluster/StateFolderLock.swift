public import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The right to use a state folder: one process on this machine at a time.
///
/// The lock is an `flock` on `<folder>/<program>.lock`, so the kernel gives it back however its holder ends. The file stays; only the lock
/// counts. It is opened close-on-exec: a database server that outlives the daemon does not hold it.
public final class StateFolderLock: Sendable {
    /// The locked folder as an absolute path without symbolic links.
    public let folder: FilePath
    private let descriptor: FileDescriptor

    private init(folder: FilePath, descriptor: FileDescriptor) {
        self.folder = folder
        self.descriptor = descriptor
    }

    deinit {
        // Explicitly: a child between fork and exec shares the lock, and closing alone would wait for it.
        flock(descriptor.rawValue, LOCK_UN)
        try? descriptor.close()
    }

    /// Creates the folder if it is missing and locks it.
    ///
    /// A folder that is created gets mode 0755 under root, because the unprivileged users that root starts must pass through it, and 0700
    /// for anyone else. Secrets inside it carry modes of their own.
    ///
    /// - Parameters:
    ///   - path: The state folder; a relative path is taken from the working directory.
    ///   - program: The name that the message of a refusal uses, and the name of the lock file.
    /// - Throws: ``StateFolderError``.
    public static func acquire(_ path: FilePath, program: String = "trackd") throws -> StateFolderLock {
        let folder = try createFolder(path)
        let file = folder.appending("\(program).lock")
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(
                file, .readWrite, options: [.create, .closeOnExec, .noFollow], permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch {
            throw StateFolderError.unusable(folder: folder, reason: "cannot open \(file): \(error)")
        }
        do {
            try lock(descriptor, folder: folder, program: program)
            try writeHolder(to: descriptor)
        } catch let error as Errno {
            try? descriptor.close()
            throw StateFolderError.unusable(folder: folder, reason: "cannot write \(file): \(error)")
        } catch {
            try? descriptor.close()
            throw error
        }
        return StateFolderLock(folder: folder, descriptor: descriptor)
    }

    private static func createFolder(_ path: FilePath) throws -> FilePath {
        let mode: mode_t = geteuid() == 0 ? 0o755 : 0o700
        var prefix = FilePath(root: path.root, [])
        for component in path.components {
            prefix.append(component)
            if unsafe mkdir(prefix.string, mode) != 0, errno != EEXIST {
                throw StateFolderError.unusable(folder: path, reason: "cannot create \(prefix): \(Errno(rawValue: errno))")
            }
        }
        guard let resolved = FileFacts.realPath(path) else {
            throw StateFolderError.unusable(folder: path, reason: "cannot resolve it: \(Errno(rawValue: errno))")
        }
        return resolved
    }

    private static func lock(_ descriptor: FileDescriptor, folder: FilePath, program: String) throws {
        while flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK:
                let text = String(decoding: (try? FileFacts.read(descriptor, from: 0, limit: 32)) ?? [], as: UTF8.self)
                throw StateFolderError.inUse(folder: folder, program: program, pid: Int32(text.prefix { $0.isNumber }))
            case let code: throw Errno(rawValue: code)
            }
        }
    }

    /// The number in the file is for people and for the message of a refusal; nothing is decided by it.
    private static func writeHolder(to descriptor: FileDescriptor) throws {
        try descriptor.resize(to: 0)
        _ = try descriptor.writeAll(toAbsoluteOffset: 0, "\(getpid())\n".utf8)
    }
}

/// Why a state folder cannot be used.
public enum StateFolderError: Error, CustomStringConvertible, Equatable {
    /// Another process holds the lock; its number where the file tells it.
    case inUse(folder: FilePath, program: String, pid: Int32?)
    /// The folder cannot be created, resolved or written.
    case unusable(folder: FilePath, reason: String)

    public var description: String {
        switch self {
        case .inUse(let folder, let program, let pid):
            let who = pid.map { "another \(program) (pid \($0))" } ?? "another \(program)"
            return "\(who) already uses the state folder \(folder). Stop it, or choose another state folder."
        case .unusable(let folder, let reason):
            return "the state folder \(folder) cannot be used: \(reason). Make it writable for this user, or choose another state folder."
        }
    }
}
