import FoundationEssentials
import Testing
import TrackCore
import TrackEvaluators

@testable import track

/// What `domains decontaminate` sends: the documents that stay, from a file, never all in memory.
@Suite struct CleanRevisionTests {
    private static let texts = [(0, "one"), (0, "two"), (1, "three"), (2, "four"), (2, "five")]

    private static func clean(without gone: Set<String>) throws -> CleanRevision {
        let names = ["a/a", "b/b", "c/c"].compactMap { DomainName($0) }
        let revision = DomainSetRevision(
            set: "held-out", number: 1, digest: Digest(ofText: "r"), kind: .documents, split: "val", createdAt: Timestamp(milliseconds: 0),
            domains: names.map { DomainOfRevision(name: $0, documents: 2, bytes: 9, words: 2) })
        let file = try SpillFile(in: FileManager.default.temporaryDirectory.path)
        let documents = try texts.map { domain, text in
            CleanRevision.Document(
                domain: domain, place: try file.append(Array(try WireCoding.encode(DocumentLine(domain: domain, text: text)))))
        }
        return try CleanRevision(revision, documents, isFound: texts.map { gone.contains($0.1) }, in: file)
    }

    private static func lines(_ clean: CleanRevision) throws -> [DocumentLine] {
        try clean.lines { _ in }.map { try WireCoding.decode(DocumentLine.self, from: Data(try $0.get())) }
    }

    @Test("documents that were found go, and the others keep their order and their domains")
    func kept() throws {
        let clean = try Self.clean(without: ["two", "four"])
        #expect(clean.domains.map(\.description) == ["a/a", "b/b", "c/c"] && clean.count == 3)
        #expect(try Self.lines(clean) == [.init(domain: 0, text: "one"), .init(domain: 1, text: "three"), .init(domain: 2, text: "five")])
    }

    @Test("a domain that lost all of its documents goes with them, and those behind it move up")
    func domainGone() throws {
        let clean = try Self.clean(without: ["three", "five"])
        #expect(clean.domains.map(\.description) == ["a/a", "c/c"])
        #expect(try Self.lines(clean) == [.init(domain: 0, text: "one"), .init(domain: 0, text: "two"), .init(domain: 1, text: "four")])
    }

    @Test("nothing left is refused")
    func nothing() {
        #expect(throws: CommandFailure.self) { try Self.clean(without: Set(Self.texts.map(\.1))) }
    }
}
