import Postgres
import Testing
import TrackCore
import TrackStore

@Suite struct CheckpointStoreTests {
    private func description(_ name: String, _ digest: Digest, step: Int64? = nil) -> CheckpointDescription {
        CheckpointDescription(
            name: name, uri: "file:///models/\(name)", digest: digest, step: step, tokensSeen: 5, parameters: 7, architecture: "Llama",
            tokenizer: Digest(ofText: "tokenizer"), maximumContext: 128, bytes: 9)
    }

    private func add(_ description: CheckpointDescription, to lineage: String, house: House) async throws -> (Checkpoint, Bool) {
        try await house.write { db in
            let id = try LineageStore.findOrCreate(lineage, in: db).lineage.id
            let made = try CheckpointStore.findOrCreate(description, lineage: id, parent: nil, in: db)
            return (made.checkpoint, made.created)
        }
    }

    /// The label of what a reference means, or the problem's text.
    private func resolve(_ reference: String, house: House) async throws -> String {
        do {
            return try await house.write { db in try CheckpointStore.resolve(reference, in: db).label }
        } catch let problem as Problem {
            return "\(problem.type): \(problem.detail)"
        }
    }

    @Test("the same digest in a lineage is the same checkpoint, and stays as it was; in another lineage it is another")
    func idempotency() async throws {
        try await House.open { house async throws in
            let digest = Digest(ofText: "weights")
            let (first, wasNew) = try await add(description("a", digest, step: 3), to: "one", house: house)
            #expect(wasNew)
            #expect(first.description == description("a", digest, step: 3))
            let (again, isNew) = try await add(description("renamed", digest, step: 4), to: "one", house: house)
            #expect(!isNew)
            #expect(again == first)
            let (other, otherIsNew) = try await add(description("a", digest), to: "two", house: house)
            #expect(otherIsNew)
            #expect(other.id != first.id)
        }
    }

    @Test("the baseline stands first, then the steps, then those without a step as they came")
    func order() async throws {
        try await House.open { house async throws in
            for (name, step) in [("x", nil), ("late", 900), ("early", 5), ("y", nil), ("base", 100)] as [(String, Int64?)] {
                _ = try await add(description(name, Digest(ofText: name), step: step), to: "tune", house: house)
            }
            let names = try await house.write { db in
                let lineage = try LineageStore.findOrCreate("tune", in: db).lineage.id
                try LineageStore.setBaseline(try CheckpointStore.resolve("tune/base", in: db).id, of: lineage, in: db)
                return (try CheckpointStore.checkpoints(of: lineage, in: db), try CheckpointStore.all(lineage: nil, in: db))
            }
            #expect(names.0.map(\.description.name) == ["base", "early", "late", "x", "y"])
            #expect(names.0.map(\.isBaseline) == [true, false, false, false, false])
            #expect(names.1.map(\.lineage) == Array(repeating: "legal-tune", count: 3) + Array(repeating: "tune", count: 5))
        }
    }

    @Test("a reference may be lineage/name, lineage@step, a digest or its beginning, an id, or a name that is one checkpoint's only")
    func references() async throws {
        try await House.open { house async throws in
            let digest = Digest(ofText: "weights")
            let made = try await add(description("final", digest, step: 77), to: "tune", house: house).0
            for reference in [
                "tune/final", "tune@77", digest.description, digest.hex, String(digest.hex.prefix(8)), digest.hex.prefix(20).uppercased(),
                "sha256:\(digest.hex.prefix(9))", "\(made.id)", "final",
            ] {
                #expect(try await resolve(reference, house: house) == "tune/final", "\(reference)")
            }
            for reference in [
                "tune/none", "tune@78", "none", "999999", "0", "-1", String(digest.hex.prefix(7)), "", "%", "tune/%", "tune@", "/", "@",
            ] {
                #expect(try await resolve(reference, house: house).hasPrefix("notFound"), "\(reference)")
            }
        }
    }

    @Test("eight digits that begin a digest mean its checkpoint, though they could be an id")
    func decimalDigest() async throws {
        try await House.open { house async throws in
            let digest = try #require(Digest(bytes: [0x12, 0x34, 0x56, 0x78] + [UInt8](repeating: 0xab, count: 28)))
            _ = try await add(description("decimal", digest), to: "tune", house: house)
            #expect(try await resolve("12345678", house: house) == "tune/decimal")
        }
    }

    @Test("a reference that fits several checkpoints names them, and how to tell them apart")
    func ambiguity() async throws {
        try await House.open { house async throws in
            _ = try await add(description("final", Digest(ofText: "1")), to: "one", house: house)
            _ = try await add(description("final", Digest(ofText: "1")), to: "two", house: house)
            for reference in ["final", Digest(ofText: "1").hex] {
                let text = try await resolve(reference, house: house)
                #expect(text.contains("one/final") && text.contains("two/final") && text.contains("id"))
            }
        }
    }

    @Test("a lineage is made once, and its in-domain list grows without repeats")
    func lineages() async throws {
        try await House.open { house async throws in
            let made = try await house.write { db in
                let first = try LineageStore.findOrCreate("new", in: db)
                let second = try LineageStore.findOrCreate("new", in: db)
                try LineageStore.addInDomain(["legal/*", "code/python"], to: first.lineage.id, in: db)
                try LineageStore.addInDomain(["legal/*", "a/b"], to: first.lineage.id, in: db)
                return (
                    first.created, second.created, first.lineage.id == second.lineage.id, try LineageStore.lineage(named: "new", in: db)
                )
            }
            #expect(made.0 && !made.1 && made.2)
            #expect(made.3?.inDomain == ["a/b", "code/python", "legal/*"])
        }
    }
}
