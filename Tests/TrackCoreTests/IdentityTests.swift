import FoundationEssentials
import Testing
import TrackCore

@Suite struct RunIDTests {
    @Test("an id has the layout of RFC 9562: 48 bits of milliseconds, version 7, variant 10")
    func layout() {
        var random = SeededRandom(1)
        for milliseconds: Int64 in [0, 1, 0x0192_f3a4_5b6c, 0xffff_ffff_ffff] + (0..<500).map({ _ in .random(in: 0...0xffff_ffff_ffff) })
        {
            let digits = RunID.make(at: Timestamp(milliseconds: milliseconds), using: &random).description.filter { $0 != "-" }
            #expect(Int64(digits.prefix(12), radix: 16) == milliseconds)
            #expect(Array(digits)[12] == "7")
            #expect("89ab".contains(Array(digits)[16]))
        }
    }

    @Test("the 74 random bits all vary, and the others never do")
    func randomBits() {
        var random = SeededRandom(2)
        var ones = [UInt8](repeating: 0, count: 16)
        var zeros = [UInt8](repeating: 0, count: 16)
        for _ in 0..<200 {
            let id = RunID.make(at: Timestamp(milliseconds: 0), using: &random).uuid
            withUnsafeBytes(of: id.uuid) { bytes in
                for index in 0..<16 {
                    ones[index] |= bytes[index]
                    zeros[index] |= ~bytes[index]
                }
            }
        }
        let varying = zip(ones, zeros).map { ($0 & $1).nonzeroBitCount }
        #expect(varying == [0, 0, 0, 0, 0, 0, 4, 8, 6, 8, 8, 8, 8, 8, 8, 8])
    }

    @Test("ids sort by the time at which they were made, and as their texts do")
    func order() {
        let ids = (0..<200).map { RunID.make(at: Timestamp(milliseconds: 1_795_000_000_000 + $0)) }
        #expect(ids == ids.sorted())
        #expect(ids.map(\.description) == ids.map(\.description).sorted())
    }

    @Test("an id reads its own text in either case, and nothing else")
    func reading() {
        let id = RunID.make(at: Timestamp(milliseconds: 1_795_000_000_000))
        #expect(RunID(id.description) == id)
        #expect(RunID(id.description.uppercased()) == id)
        for text in [
            "", "1", id.description.filter { $0 != "-" }, "{\(id)}", id.description + " ", "g" + id.description.dropFirst(),
            "0192f3a4-5b6c-7d8e-9f00-112233-45566", "0192f3a4-5b6c-7d8e-9f00- 12233445566",
        ] {
            #expect(RunID(text) == nil, "\(text)")
        }
    }
}

@Suite struct DigestTests {
    @Test(
        "texts have the SHA-256 of FIPS 180-4's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ])
    func vectors(_ text: String, _ hex: String) {
        #expect(Digest(ofText: text).hex == hex)
        #expect(Digest(ofText: text).description == "sha256:" + hex)
        #expect(Digest(ofText: text).short == String(hex.prefix(12)))
        var stream = DigestStream()
        for start in stride(from: 0, to: text.utf8.count, by: 99_991) {
            stream.update(text: String(decoding: Array(text.utf8.dropFirst(start).prefix(99_991)), as: UTF8.self))
        }
        #expect(stream.finish().hex == hex)
    }

    @Test("a digest reads 64 hexadecimal digits with or without its prefix, and nothing else")
    func reading() {
        let digest = Digest(ofText: "abc")
        #expect(Digest(digest.description) == digest)
        #expect(Digest(digest.hex.uppercased()) == digest)
        for text in ["", "sha256:", digest.hex.dropLast() + "", digest.hex + "0", "md5:" + digest.hex, digest.hex.dropLast() + "g"] {
            #expect(Digest(text) == nil, "\(text)")
        }
        #expect(Digest(bytes: Array(repeating: 0, count: 31)) == nil)
    }

    @Test("the order of digests is that of their hexadecimal texts")
    func order() {
        let digests = (0..<200).map { Digest(ofText: "\($0)") }
        #expect(digests.sorted().map(\.hex) == digests.map(\.hex).sorted())
    }
}

@Suite struct NameTests {
    @Test("names that a person types are taken", arguments: ["a", "7", "llama-3.1_8B", String(repeating: "x", count: 128)])
    func good(_ text: String) { #expect(Name.isValid(text)) }

    @Test(
        "what could leave a folder, break a line or hide is no name",
        arguments: ["", ".", "..", ".hidden", "-flag", "_x", "a..b", "a/b", "a b", "ä", "a\n", "a\0", String(repeating: "x", count: 129)])
    func bad(_ text: String) { #expect(!Name.isValid(text)) }

    @Test("a slug is a name, whatever it was made from")
    func slugs() {
        var random = SeededRandom(3)
        let alphabet = Array("aZ09._-/ äß\n\t…")
        for _ in 0..<2_000 {
            let text = String((0..<Int.random(in: 0...140, using: &random)).map { _ in alphabet.randomElement(using: &random)! })
            if let slug = Name.slug(of: text) { #expect(Name.isValid(slug), "\(text) became \(slug)") }
        }
        #expect(Name.slug(of: "my model (v2)") == "my-model-v2-")
        #expect(Name.slug(of: "///") == nil)
    }

    @Test("a domain has a source and a name, and sorts by them in this order")
    func domains() {
        #expect(DomainName("legal/licences")?.description == "legal/licences")
        for text in ["", "legal", "legal/", "/licences", "a/b/c", "a//b", "a/..", "a b/c"] { #expect(DomainName(text) == nil, "\(text)") }
        let names = ["b/a", "a/z", "a-b/a", "a/b"].compactMap { DomainName($0) }
        #expect(names.sorted().map(\.description) == ["a/b", "a/z", "a-b/a", "b/a"])
    }

    @Test("an entry source/* makes every domain of the source in-domain, and only those")
    func inDomain() throws {
        let lineage = Lineage(id: 1, name: "l", baseline: nil, inDomain: ["legal/*", "code/python"], domainSet: nil)
        let verdicts = try ["legal/a", "legal/b", "code/python", "code/c", "legalese/a"].map {
            lineage.isInDomain(try #require(DomainName($0)))
        }
        #expect(verdicts == [true, true, true, false, false])
    }
}
