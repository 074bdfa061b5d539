import FoundationEssentials
import TrackCore
import TrackEvaluators

/// A revision's documents without those that were found in training text, in their order. Their texts lie in a file until they are sent.
struct CleanRevision: Sendable {
    /// A document of the revision, and where its line lies.
    struct Document: Sendable {
        let domain: Int
        let place: SpillFile.Place
    }

    let domains: [DomainName]
    private let kept: [Document]
    private let file: SpillFile
    /// By the domain's position in the revision: the one that it has without the domains that are gone.
    private let positions: [Int: Int]

    var count: Int { kept.count }

    /// - Throws: ``CommandFailure`` when nothing is left.
    init(_ revision: DomainSetRevision, _ all: [Document], isFound: [Bool], in file: SpillFile) throws {
        kept = zip(all, isFound).filter { !$0.1 }.map(\.0)
        let places = Set(kept.map(\.domain)).sorted()
        guard !places.isEmpty else {
            throw CommandFailure(
                "Every document of \(revision.label) has a paragraph of the training text: nothing is left to evaluate on. "
                    + "Nothing was changed.")
        }
        positions = Dictionary(uniqueKeysWithValues: places.enumerated().map { ($1, $0) })
        domains = places.map { revision.domains[$0].name }
        self.file = file
    }

    /// The lines of the upload behind its first.
    ///
    /// - Parameter sent: hears how many were read so far.
    func lines(sent: @escaping @Sendable (Int) -> Void) -> Lines { Lines(revision: self, sent: sent) }

    struct Lines: Sequence, Sendable {
        fileprivate let revision: CleanRevision
        fileprivate let sent: @Sendable (Int) -> Void

        func makeIterator() -> Iterator { Iterator(lines: self) }
    }

    struct Iterator: IteratorProtocol {
        fileprivate let lines: Lines
        private var position = 0

        fileprivate init(lines: Lines) { self.lines = lines }

        mutating func next() -> Result<[UInt8], any Error>? {
            guard position < lines.revision.kept.count else { return nil }
            let document = lines.revision.kept[position]
            position += 1
            lines.sent(position)
            return Result { try lines.revision.line(of: document) }
        }
    }

    private func line(of document: Document) throws -> [UInt8] {
        let line = try file.read(document.place)
        guard let position = positions[document.domain], position != document.domain else { return line }
        var moved = try WireCoding.decode(DocumentLine.self, from: Data(line))
        moved.domain = position
        return Array(try WireCoding.encode(moved))
    }
}
