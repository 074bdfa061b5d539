import FoundationEssentials
import Glibc
import SystemPackage
import TrackCore

/// Why a file could not be read as it stands.
enum FileReadError: Error, Hashable {
    /// With the system's reason, for example "Permission denied".
    case unreadable(reason: String)
    /// It is longer than the reader allows.
    case tooLarge(limit: Int64)
    /// Somebody wrote to it while it was being read.
    case changing
}

/// Reads regular files piece by piece. Links are followed: the caches of model hubs are made of them, and what counts is the content.
enum FileReader {
    static let pieceLength = 1 << 20

    /// Calls `body` with every piece of the file in order, and returns the file's stamp. A file that changes meanwhile is an error.
    @discardableResult
    static func read(_ path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> FileStamp {
        let pieces = try FilePieces(path)
        while let piece = try pieces.next() { try body(piece) }
        return pieces.stamp
    }

    /// The whole file, up to a limit in bytes.
    static func contents(of path: String, limit: Int64) throws -> Data {
        var data = Data()
        try read(path) { piece in
            guard Int64(data.count + piece.count) <= limit else { throw FileReadError.tooLarge(limit: limit) }
            data.append(contentsOf: piece)
        }
        return data
    }

    /// The first bytes of the file, fewer when it is shorter, and its stamp.
    static func prefix(of path: String, count: Int) throws -> (bytes: Data, stamp: FileStamp) {
        let descriptor = try open(path)
        defer { try? descriptor.close() }
        let stamp = try stamp(of: descriptor)
        let length = min(Int64(count), stamp.size)
        var data = Data(count: Int(length))
        var filled = 0
        while filled < data.count {
            let start = filled
            let got = try data.withUnsafeMutableBytes { bytes in
                try reporting {
                    try descriptor.read(fromAbsoluteOffset: Int64(start), into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
                }
            }
            if got == 0 { throw FileReadError.changing }
            filled += got
        }
        return (data, stamp)
    }

    static func stamp(of path: String) throws -> FileStamp {
        try reporting { FileStamp(try Stat(FilePath(path))) }
    }

    fileprivate static func open(_ path: String) throws -> FileDescriptor {
        // Nonblocking, so that a pipe under a file's name does not hang the reader; for regular files it means nothing.
        let descriptor = try reporting {
            try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec, .nonBlocking])
        }
        let type = try? Stat(descriptor).type
        guard type == .regular else {
            try? descriptor.close()
            throw FileReadError.unreadable(reason: "not a regular file")
        }
        return descriptor
    }

    fileprivate static func stamp(of descriptor: FileDescriptor) throws -> FileStamp {
        try reporting { FileStamp(try Stat(descriptor)) }
    }

    fileprivate static func reporting<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as Errno {
            throw FileReadError.unreadable(reason: error.description)
        }
    }
}

/// A regular file, piece by piece, for a reader that waits between them. A file that changes meanwhile is an error.
final class FilePieces {
    let stamp: FileStamp
    let descriptor: FileDescriptor
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FileReader.pieceLength, alignment: 16)

    init(_ path: String) throws {
        descriptor = try FileReader.open(path)
        do {
            stamp = try FileReader.stamp(of: descriptor)
        } catch {
            try? descriptor.close()
            throw error
        }
    }

    deinit {
        buffer.deallocate()
        try? descriptor.close()
    }

    /// Nil at the end. The piece is valid until the next one is asked for.
    func next() throws -> UnsafeRawBufferPointer? {
        let count = try FileReader.reporting { try descriptor.read(into: buffer) }
        if count > 0 { return UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
        try requireUnchanged()
        return nil
    }

    /// Bytes of the file that were read, by whoever has the descriptor.
    var place: Int64 { get throws { try FileReader.reporting { try descriptor.seek(offset: 0, from: .current) } } }

    func requireUnchanged() throws {
        guard try FileReader.stamp(of: descriptor) == stamp else { throw FileReadError.changing }
    }
}
