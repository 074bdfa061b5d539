import FoundationEssentials
import Synchronization
import SystemPackage

/// A nameless file of pieces, written once from the front and read anywhere: for what is too much for memory. Nothing is left of it,
/// whatever happens.
package final class SpillFile: Sendable {
    package struct Place: Hashable, Sendable {
        fileprivate let offset: UInt64
        fileprivate let length: UInt32
    }

    private let folder: String
    private let descriptor: FileDescriptor
    private let end = Mutex<UInt64>(0)

    /// - Throws: ``DomainSourceError/noRoom(folder:reason:)``, as everything here does.
    package init(in folder: String) throws(DomainSourceError) {
        self.folder = folder
        do {
            let path = FilePath(folder).appending(".track-domains-\(UUID().uuidString)")
            descriptor = try FileDescriptor.open(
                path, .readWrite, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec], permissions: [.ownerReadWrite])
            try FileManager.default.removeItem(atPath: path.string)
        } catch {
            throw Self.failure(folder, error)
        }
    }

    deinit { try? descriptor.close() }

    package func append(_ piece: [UInt8]) throws(DomainSourceError) -> Place {
        do {
            let offset = end.withLock { end in
                defer { end += UInt64(piece.count) }
                return end
            }
            try descriptor.writeAll(toAbsoluteOffset: Int64(offset), piece)
            return Place(offset: offset, length: UInt32(piece.count))
        } catch {
            throw Self.failure(folder, error)
        }
    }

    package func read(_ place: Place) throws(DomainSourceError) -> [UInt8] {
        do {
            var filled = 0
            let length = Int(place.length)
            var bytes = [UInt8](repeating: 0, count: length)
            while filled < length {
                let got = try bytes.withUnsafeMutableBytes { buffer in
                    try descriptor.read(
                        fromAbsoluteOffset: Int64(place.offset) + Int64(filled),
                        into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
                }
                guard got > 0 else { throw Errno.ioError }
                filled += got
            }
            return bytes
        } catch {
            throw Self.failure(folder, error)
        }
    }

    private static func failure(_ folder: String, _ error: any Error) -> DomainSourceError {
        .noRoom(folder: folder, reason: (error as? Errno)?.description ?? "\(error)")
    }
}
