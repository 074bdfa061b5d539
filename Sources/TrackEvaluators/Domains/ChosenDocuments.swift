import FoundationEssentials
import Synchronization
import SystemPackage
package import TrackCore

/// The documents of a revision in their frozen order, as the lines of its upload, in a file that nobody else sees: it has no name, so that
/// nothing is left of it whatever happens.
package struct ChosenDocuments: Sendable {
    package let upload: DomainSetUpload
    package let documents: Int
    /// UTF-8 bytes.
    package let bytes: Int64
    private let file: SpillFile
    private let places: [SpillFile.Place]

    /// Reads the chosen documents again, which proves them, and copies them.
    ///
    /// - Parameters:
    ///   - chosen: of the index, in the frozen order.
    ///   - folder: with room for the chosen documents.
    /// - Throws: ``DomainSourceError``
    package static func copy(
        _ chosen: [DomainIndex.Domain], of index: DomainIndex, split: String, seed: Int64, targets: SelectionTargets?, in folder: String,
        progress: (_ documents: Int, _ of: Int) -> Void = { _, _ in }
    ) async throws -> ChosenDocuments {
        var starts: [Int] = []
        var count = 0
        for domain in chosen {
            starts.append(count)
            count += domain.entries.count
        }
        let file = try SpillFile(in: folder)
        var places = [SpillFile.Place](repeating: .init(offset: 0, length: 0), count: count)
        var done = 0
        try await index.read(chosen) { reading, content in
            let line = Array(try WireCoding.encode(DocumentLine(domain: Int(reading.domain), content: content)))
            places[starts[Int(reading.domain)] + Int(reading.position)] = try file.append(line)
            done += 1
            progress(done, count)
        }
        return ChosenDocuments(
            upload: DomainSetUpload(kind: .documents, split: split, seed: seed, targets: targets, domains: chosen.map(\.name)),
            documents: count, bytes: chosen.reduce(0) { $0 + $1.amount(in: .bytes) }, file: file, places: places)
    }

    /// The lines that follow the first one of the upload, without their line feeds.
    ///
    /// - Parameter read: hears how many were read so far.
    package func lines(read: @escaping @Sendable (Int) -> Void = { _ in }) -> Lines { Lines(file: file, places: places, read: read) }

    package struct Lines: Sequence, Sendable {
        fileprivate let file: SpillFile
        fileprivate let places: [SpillFile.Place]
        fileprivate let read: @Sendable (Int) -> Void

        package func makeIterator() -> Iterator { Iterator(lines: self) }
    }

    package struct Iterator: IteratorProtocol {
        fileprivate let lines: Lines
        private var position = 0

        fileprivate init(lines: Lines) { self.lines = lines }

        package mutating func next() -> Result<[UInt8], DomainSourceError>? {
            guard position < lines.places.count else { return nil }
            let place = lines.places[position]
            position += 1
            lines.read(position)
            return Result { () throws(DomainSourceError) in try lines.file.read(place) }
        }
    }
}

/// A nameless file of pieces, written once from the front and read anywhere.
private final class SpillFile: Sendable {
    struct Place: Sendable {
        let offset: UInt64
        let length: UInt32
    }

    private let folder: String
    private let descriptor: FileDescriptor
    private let end = Mutex<UInt64>(0)

    init(in folder: String) throws(DomainSourceError) {
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

    func append(_ piece: [UInt8]) throws(DomainSourceError) -> Place {
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

    func read(_ place: Place) throws(DomainSourceError) -> [UInt8] {
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
