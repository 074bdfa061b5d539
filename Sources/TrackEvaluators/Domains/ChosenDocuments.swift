import FoundationEssentials
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
        var places = [SpillFile.Place?](repeating: nil, count: count)
        var done = 0
        try await index.read(chosen) { reading, content in
            let line = Array(try WireCoding.encode(DocumentLine(domain: Int(reading.domain), content: content)))
            places[starts[Int(reading.domain)] + Int(reading.position)] = try file.append(line)
            done += 1
            progress(done, count)
        }
        return ChosenDocuments(
            upload: DomainSetUpload(kind: .documents, split: split, seed: seed, targets: targets, domains: chosen.map(\.name)),
            documents: count, bytes: chosen.reduce(0) { $0 + $1.amount(in: .bytes) }, file: file, places: places.compactMap { $0 })
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
