import FoundationEssentials
import Testing
import TrackCore

@Suite struct DocumentContentTests {
    static let chat = DocumentContent.chat([
        ChatMessage(role: "user", content: "Grüße, wer bist du?"), ChatMessage(role: "assistant", content: "Ein Modell.\n"),
    ])

    /// The values were computed before conversations existed, by sha256sum over the text and over the revision's form.
    @Test("a text is what it always was, and so is a revision of texts")
    func texts() throws {
        let content = DocumentContent.text("held-out text\n")
        #expect(content.digest.hex == "880dc86d71f9f6879cc0fe19db4de3b05dc0e708a21699254a8c57cdf80882f0")
        let revision = DomainSetRevision.digest(
            kind: .documents, split: "val", seed: 7, domains: [(try #require(DomainName("legal/licences")), [content.digest])])
        #expect(revision.hex == "514d1a474d111bc225a10465fee7349bd52beda11fee95b24768a33f30256f2b")
        let line = String(decoding: try WireCoding.encode(DocumentLine(domain: 0, content: content)), as: UTF8.self)
        #expect(line == #"{"domain":0,"text":"held-out text\n"}"#)
    }

    /// Computed with Python's hashlib.
    @Test("a conversation has a digest of its own")
    func digest() {
        #expect(Self.chat.digest.hex == "3b9165f1757a560a00c35ae98f4648c1b2941e8ea9a008017d163b0eafb00128")
    }

    @Test("conversations that differ in anything differ in their digest")
    func different() {
        let others: [[(String, String)]] = [
            [("user", "ab")], [("user", "a"), ("user", "b")], [("usera", "b")], [("user", "a")], [("assistant", "ab")],
            [("user", "ab"), ("assistant", "")], [("user", "a4 1\nuserb")],
        ]
        let digests = others.map { DocumentContent.chat($0.map { ChatMessage(role: $0.0, content: $0.1) }).digest }
        #expect(Set(digests).count == others.count)
    }

    @Test("bytes and words are those of what is said")
    func sizes() {
        #expect(Self.chat.byteCount == "Grüße, wer bist du?Ein Modell.\n".utf8.count)
        #expect(Self.chat.wordCount == 4 + 3)
    }

    @Test("a line holds a text or messages, and comes back as it was")
    func wire() throws {
        let line = DocumentLine(domain: 3, content: Self.chat)
        #expect(try WireCoding.decode(DocumentLine.self, from: try WireCoding.encode(line)) == line)
        let exported = RevisionDocumentLine(digest: Self.chat.digest, domain: 1, position: 2, content: Self.chat)
        #expect(try WireCoding.decode(RevisionDocumentLine.self, from: try WireCoding.encode(exported)) == exported)
        for bad in [
            #"{"domain":0}"#, #"{"domain":0,"text":"a","messages":[]}"#, #"{"domain":0,"messages":[{"role":"user"}]}"#,
            #"{"domain":0,"messages":"a"}"#, #"{"domain":0,"text":null,"messages":[]}"#,
        ] {
            #expect(throws: (any Error).self) { try WireCoding.decode(DocumentLine.self, from: Data(bad.utf8)) }
        }
    }

    @Test("what cannot be a document says why")
    func faults() {
        #expect(Self.chat.fault == nil)
        #expect(DocumentContent.text(" ").fault == nil)
        let bad: [DocumentContent] = [
            .text(""), .text("a\0"), .chat([]), .chat([ChatMessage(role: "user", content: "")]),
            .chat([ChatMessage(role: "", content: "a")]),
            .chat([ChatMessage(role: "user", content: "a\0")]), .chat([ChatMessage(role: "us\0er", content: "a")]),
        ]
        for content in bad { #expect(content.fault != nil) }
    }
}
