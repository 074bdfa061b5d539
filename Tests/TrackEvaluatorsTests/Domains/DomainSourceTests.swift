import FoundationEssentials
import Subprocess
import SystemPackage
import Testing
import TrackCore
import TrackEvaluators

@Suite struct DomainSourceTests {
    @Test("folders of text, files of lines and their names become domains")
    func layouts() async throws {
        let folder = try TemporaryFolder()
        try folder.write("set/legal/licences/gpl.txt", "one")
        try folder.write("set/legal/licences/deep/mit.txt", "two")
        try folder.write("set/prose/novel.txt", "three")
        try folder.write("set/code/python.jsonl", #"{"text": "four"}"# + "\n\n" + #"{"text": "five", "id": 1}"#)
        try folder.write("set/wiki pages.jsonl", #"{"text": "six"}"# + "\n")
        try folder.write("set/notes.md", "not read")
        try folder.write("set/.hidden/x.txt", "not seen")
        let (domains, report) = try await DomainSource.collect(path: folder.path + "/set/")
        let found = Dictionary(uniqueKeysWithValues: domains.map { ($0.name.description, $0.contents.flatMap(\.parts)) })
        #expect(
            found == [
                "legal/licences": ["two", "one"], "prose/prose": ["three"], "code/python": ["four", "five"],
                "wiki-pages/wiki-pages": ["six"],
            ])
        #expect(report.documents == 6)
        #expect(report.bytes == 22)
        #expect(report.notes == ["1 file of another kind was not read."])
    }

    @Test("Paloma's layout gives one split, by source and subdomain, compressed or not")
    func paloma() async throws {
        let folder = try TemporaryFolder()
        try folder.write("p/ptb/val/val.jsonl", #"{"text": "one", "source": "raw"}"# + "\n")
        try folder.write("p/ptb/test/test.jsonl", #"{"text": "unseen"}"# + "\n")
        let red = try folder.write(
            "p/redpajama/val/a.jsonl", #"{"text": "two", "subdomain": "arxiv"}"# + "\n" + #"{"text": "three", "subdomain": "c4 en"}"#)
        _ = try await run(.path("/usr/bin/gzip"), arguments: [red], output: .discarded)
        let (domains, _) = try await DomainSource.collect(path: folder.path + "/p")
        #expect(domains.map(\.name.description) == ["ptb/ptb", "redpajama/arxiv", "redpajama/c4-en"])
        #expect(domains.flatMap { $0.contents.flatMap(\.parts) } == ["one", "two", "three"])
        let (test, _) = try await DomainSource.collect(path: folder.path + "/p/ptb", split: "test")
        #expect(test.map(\.name.description) == ["ptb/ptb"])
        await #expect(throws: DomainSourceError.splitMissing(source: "redpajama", split: "test")) {
            try await DomainSource.collect(path: folder.path + "/p", split: "test")
        }
    }

    @Test("conversations are documents: messages, or a prompt and its completion")
    func conversations() async throws {
        let folder = try TemporaryFolder()
        let messages = #"[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello there", "weight": 1}]"#
        let path = try folder.write(
            "chat.jsonl",
            [
                #"{"messages": \#(messages), "prompt": "not this"}"#, #"{"prompt": "Hi", "completion": "Bye"}"#,
                #"{"prompt": [{"role": "system", "content": "Be brief."}], "completion": [{"role": "assistant", "content": "Yes."}]}"#,
                #"{"messages": [{"role": "user", "content": " "}]}"#, #"{"text": "plain", "subdomain": 7}"#,
            ].joined(separator: "\n"))
        let (domains, report) = try await DomainSource.collect(path: path)
        #expect(
            domains.flatMap(\.contents) == [
                .chat([ChatMessage(role: "user", content: "Hi"), ChatMessage(role: "assistant", content: "Hello there")]),
                .chat([ChatMessage(role: "user", content: "Hi"), ChatMessage(role: "assistant", content: "Bye")]),
                .chat([ChatMessage(role: "system", content: "Be brief."), ChatMessage(role: "assistant", content: "Yes.")]),
                .text("plain"),
            ])
        #expect(report.skipped == [.empty: 1])
    }

    @Test("what is left out is counted and named")
    func skipped() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "s/a.jsonl",
            [#"{"text": "x"}"#, #"{"text": " \n"}"#, #"{"text": "x"}"#, #"{"text": "a\u0000b"}"#, #"{"text": "long one"}"#].joined(
                separator: "\n"))
        try folder.write("s/b/bad.txt", Data([0x61, 0xff, 0x62]))
        try folder.write("s/b/good.txt", "good")
        try folder.write("s/b/same.txt", "x")
        try folder.write("s/b/long.txt", "too long")
        let limits = DomainReadLimits(documentBytes: 5)
        let (domains, report) = try await DomainSource.collect(path: folder.path + "/s", limits: limits)
        #expect(domains.map { $0.contents.flatMap(\.parts) } == [["x"], ["good"]])
        #expect(report.skipped == [.empty: 1, .duplicate: 2, .invalidText: 1, .holdsNUL: 1, .tooLong: 2])
        #expect(report.places[.empty] == [folder.path + "/s/a.jsonl:2"])
        #expect(report.places[.duplicate] == [folder.path + "/s/a.jsonl:3", folder.path + "/s/b/same.txt"])
        #expect(report.notes.count == 5)
        #expect(report.notes[0] == "1 document was left out, empty: \(folder.path)/s/a.jsonl:2")
    }

    @Test("an empty domain is an error that names it")
    func empty() async throws {
        let folder = try TemporaryFolder()
        try folder.write("t/a/x.txt", "x")
        try folder.write("t/b/y.txt", "\n")
        try await expect(.emptyDomain(domain: "b/b", place: folder.path + "/t/b"), folder.path + "/t")
        try folder.write("u/a.jsonl", "\n")
        try await expect(.emptyDomain(domain: "a/a", place: folder.path + "/u/a.jsonl"), folder.path + "/u")
        try folder.write("v/a/x.txt", "x")
        try folder.makeFolder("v/b")
        try await expect(.emptyDomain(domain: "b", place: folder.path + "/v/b"), folder.path + "/v")
    }

    @Test("what cannot be read says where and why")
    func refusals() async throws {
        let folder = try TemporaryFolder()
        try await expect(.missing(path: folder.path + "/no"), folder.path + "/no")
        try folder.makeFolder("none")
        try await expect(.nothingToRead(path: folder.path + "/none"), folder.path + "/none")
        let bad = try folder.write("bad.jsonl", #"{"text": "x"}"# + "\n" + #"{"body": "y"}"#)
        try await expect(.invalidLine(place: bad + ":2", reason: "is not a JSON object with text, messages, or prompt and completion"), bad)
        let packed = try folder.write("bad.jsonl.gz", "no gzip")
        try await expect(.unreadable(file: packed, reason: "it is not valid gzip, or it ends early; copy it again"), packed)
        try folder.write("clash/a b/x.txt", "x")
        try folder.write("clash/a-b/y.txt", "y")
        try await expect(.clash(domain: try #require(DomainName("a-b/a-b")), places: ["a b", "a-b"]), folder.path + "/clash")
        let large = try folder.write("large.jsonl", #"{"text": "0123456789"}"# + "\n" + #"{"text": "1123456789"}"#)
        await #expect(throws: DomainSourceError.tooLarge(limit: 15)) {
            try await DomainSource.collect(path: large, limits: DomainReadLimits(setBytes: 15))
        }
        await #expect(throws: DomainSourceError.self) {
            try await DomainSource.collect(path: large, limits: DomainReadLimits(lineBytes: 10))
        }
    }

    private func expect(_ error: DomainSourceError, _ path: String, at location: SourceLocation = #_sourceLocation) async throws {
        await #expect(throws: error, sourceLocation: location) { try await DomainSource.collect(path: path) }
    }
}
