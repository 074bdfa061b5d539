import FoundationEssentials
import Synchronization
import TrackCore
import TrackEvaluators
import TrackStore

/// The content of the next revision, from the digests of its documents: their texts may be more than memory holds.
struct RefreshedContent: Sendable {
    private struct Size {
        var documents: Set<Digest> = []
        var bytes: Int64 = 0
        var words: Int64 = 0
    }

    private let before: [DomainName: Set<Digest>]
    private let seed: Int64
    private let everything: Set<Digest>
    private var known: Set<Digest>
    private var sizes: [DomainName: Size]

    /// - Parameter documents: of the revision before, per domain.
    init(of revision: DomainSetRevision, documents: [[Digest]], keep: RefreshRequest.Keep) {
        seed = revision.seed
        before = Dictionary(zip(revision.domains, documents).map { ($0.name, Set($1)) }) { first, _ in first }
        everything = Set(documents.joined())
        switch keep {
        case .all:
            known = everything
            sizes = Dictionary(
                zip(revision.domains, documents).map { ($0.name, Size(documents: Set($1), bytes: $0.bytes, words: $0.words)) }
            ) { first, _ in first }
        case .none: (known, sizes) = ([], [:])
        }
    }

    /// Takes a document of the folder; one that is there already is not taken twice.
    ///
    /// - Returns: whether the revision before did not have it.
    mutating func take(_ document: HeldOutDocument) -> Bool {
        let digest = document.digest
        guard known.insert(digest).inserted else { return false }
        sizes[document.domain, default: Size()].documents.insert(digest)
        sizes[document.domain, default: Size()].bytes += Int64(document.content.byteCount)
        sizes[document.domain, default: Size()].words += Int64(document.content.wordCount)
        return !everything.contains(digest)
    }

    /// By name, with the documents in their frozen order.
    var domains: [DomainSetStore.DomainContent] {
        sizes.sorted { $0.key < $1.key }.map { name, size in
            DomainSetStore.DomainContent(
                domain: DomainOfRevision(name: name, documents: size.documents.count, bytes: size.bytes, words: size.words),
                documents: SelectionOrder.permuted(Array(size.documents), domain: name, seed: seed))
        }
    }

    /// Whether it has other documents than the revision before.
    var differs: Bool { sizes.mapValues(\.documents) != before }
}

/// The texts of new documents, in a nameless file until they go into the database.
final class FreshTexts: Sendable {
    /// Documents go into the database in groups of about this many bytes.
    private static let groupSize = 4 << 20

    private let file: SpillFile
    private let places = Mutex<[SpillFile.Place]>([])

    /// - Throws: ``Problem`` where there is no room, as everything here does.
    init(in folder: String) throws(Problem) {
        do {
            file = try SpillFile(in: folder)
        } catch {
            throw Problem(.internal, error.description)
        }
    }

    var count: Int { places.withLock(\.count) }

    func append(_ content: DocumentContent) throws {
        let line = Array(try WireCoding.encode(DocumentLine(domain: 0, content: content)))
        let place = try file.append(line)
        places.withLock { $0.append(place) }
    }

    func forEachGroup(_ body: ([(digest: Digest, content: DocumentContent)]) throws -> Void) throws {
        var group: [(digest: Digest, content: DocumentContent)] = []
        var size = 0
        for place in places.withLock({ $0 }) {
            let line = try file.read(place)
            let content = try WireCoding.decode(DocumentLine.self, from: Data(line)).content
            group.append((content.digest, content))
            size += line.count
            if size >= Self.groupSize {
                try body(group)
                (group, size) = ([], 0)
            }
        }
        if !group.isEmpty { try body(group) }
    }
}
