import FoundationEssentials
import Subprocess
import SystemPackage
import Testing
import TrackCore

@testable import TrackEvaluators

@Suite struct DomainSourceTests {
    @Test("folders of text, files of lines and their names become domains")
    func layouts() async throws {
        let folder = try TemporaryFolder()
        try folder.write("set/legal/licences/gpl.txt", "one")
        try folder.write("set/legal/licences/deep/mit.txt", "two")
        try folder.write("set/prose/novel.txt", "three")
        try folder.write("set/code/python.jsonl", #"{"text": "four"}"# + "\r\n\r\n" + #"{"text": "five", "id": 1}"#)
        try folder.write("set/code/c++.jsonl", "\u{feff}" + #"{"text": "seven"}"#)
        try folder.write("set/code/c#.jsonl", #"{"text": "eight"}"#)
        try folder.write("set/code/c.jsonl", #"{"text": "nine"}"#)
        try folder.write("set/wiki pages.jsonl", #"{"text": "six"}"# + "\n")
        try folder.write("set/notes.md", "not read")
        try folder.write("set/.hidden/x.txt", "not seen")
        let (texts, report) = try await collect(folder.path + "/set/")
        #expect(
            texts == [
                "legal/licences": ["two", "one"], "prose/prose": ["three"], "code/python": ["four", "five"], "code/cplusplus": ["seven"],
                "code/csharp": ["eight"], "code/c": ["nine"], "wiki-pages/wiki-pages": ["six"],
            ])
        #expect((report.files, report.documents, report.bytes) == (8, 9, 36))
        #expect(report.notes == ["1 file of another kind was not read."])
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
                #"{"messages": [{"role": "", "content": "whose?"}]}"#, #"{"messages": [{"role": "user", "content": ["parts"]}]}"#,
            ].joined(separator: "\n"))
        var contents: [DocumentContent] = []
        let report = try await DomainSource.read(path: path) { contents.append($0.document.content) }
        #expect(
            contents == [
                .chat([ChatMessage(role: "user", content: "Hi"), ChatMessage(role: "assistant", content: "Hello there")]),
                .chat([ChatMessage(role: "user", content: "Hi"), ChatMessage(role: "assistant", content: "Bye")]),
                .chat([ChatMessage(role: "system", content: "Be brief."), ChatMessage(role: "assistant", content: "Yes.")]),
                .text("plain"),
            ])
        #expect(report.skipped == [.empty: 1, .damagedLine: 2])
    }

    @Test("compressed files are read like others: of several members, with bytes behind the end, a text as a document")
    func compressed() async throws {
        let folder = try TemporaryFolder()
        let one = try await gzip(#"{"text": "one"}"# + "\n" + #"{"text": "t"#)
        let two = try await gzip(#"wo"}"# + "\n")
        try folder.write("set/members.jsonl.gz", one + two)
        try folder.write("set/tail.jsonl.gz", try await gzip(#"{"text": "three"}"#) + Data("garbage".utf8))
        try folder.write("set/prose/text.txt.gz", try await gzip("four\nfive"))
        let (texts, report) = try await collect(folder.path + "/set")
        #expect(texts == ["members/members": ["one", "two"], "tail/tail": ["three"], "prose/prose": ["four\nfive"]])
        #expect(report.unreadable.isEmpty)
    }

    @Test("what is left out is counted and named")
    func skipped() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "s/a.jsonl",
            [
                #"{"text": "x"}"#, #"{"text": " \n"}"#, #"{"text": "x"}"#, #"{"text": "a\u0000b"}"#, #"{"text": "long one"}"#,
                #"{"text": "#,
                #"{"text": "\ud800"}"#, #"{"text": 7}"#, #"{"body": "y"}"#, #"["text"]"#, "",
                #"{"text": "y", "bytes": 7, "token_length": -1}"#,
                #"{"text": "z", "num_bytes": 1}"#,
            ].joined(separator: "\n"))
        let broken = Data(#"{"text": "a"#.utf8) + [0xff] + Data("\"}\n".utf8)
        try folder.write("s/c.jsonl", broken + Data(#"{"text": "w", "prompt": "p", "completion": "q"}"#.utf8))
        try folder.write("s/b/bad.txt", Data([0x61, 0xff, 0x62]))
        try folder.write("s/b/binary.txt", Data([0x7f, 0x45, 0x4c, 0, 0xfe]))
        try folder.write("s/b/good.txt", "good")
        try folder.write("s/b/same.txt", "x")
        try folder.write("s/b/long.txt", "too long")
        let source = try DomainSource(path: folder.path + "/s")
        let (index, report) = try await DomainIndex.build(of: source, limits: DomainReadLimits(documentBytes: 5))
        #expect(index.domains.map(\.name.description) == ["a/a", "b/b", "c/c"])
        #expect(index.domains.map(\.entries.count) == [3, 1, 1])
        #expect((report.documents, report.bytes) == (5, 8))
        #expect(report.skipped == [.empty: 1, .duplicate: 2, .invalidText: 3, .holdsNUL: 1, .tooLong: 2, .damagedLine: 5])
        func places(_ reason: DomainSourceReport.Reason) -> [String] { (report.places[reason] ?? []).map(\.description) }
        #expect(places(.empty) == [folder.path + "/s/a.jsonl:2"])
        #expect(places(.duplicate) == [folder.path + "/s/a.jsonl:3", folder.path + "/s/b/same.txt"])
        #expect(places(.damagedLine) == [6, 7, 8, 9, 10].map { folder.path + "/s/a.jsonl:\($0)" })
        #expect(report.otherBytesPlaces.map(\.description) == [folder.path + "/s/a.jsonl:12"])
        #expect(report.notes[0] == "1 document was left out, empty: \(folder.path)/s/a.jsonl:2")
        #expect(report.notes.count == 7)
        #expect(report.objection(isStrict: false, skipsUnreadable: false) == nil)
        #expect(report.objection(isStrict: true, skipsUnreadable: false) != nil)
        let json = String(decoding: try WireCoding.encode(report), as: UTF8.self)
        #expect(json.contains(#""left_out":[{"count":1,"places":["\#(folder.path)/s/a.jsonl:2"],"reason":"empty"}"#))
    }

    @Test(
        "more than ten documents and one in a hundred that cannot be read are a damaged set",
        arguments: [(10, 0), (11, 0), (11, 1100), (12, 1100)])
    func damage(bad: Int, good: Int) async throws {
        let folder = try TemporaryFolder()
        let lines = (0..<good).map { #"{"text": "document \#($0)"}"# } + (0..<bad).map { _ in "{" } + [#"{"text": "last"}"#]
        let (_, report) = try await collect(try folder.write("a.jsonl", lines.joined(separator: "\n")))
        let isTooMuch = report.objection(isStrict: false, skipsUnreadable: false) != nil
        #expect(isTooMuch == ((bad, good) == (11, 0) || (bad, good) == (12, 1100)))
    }

    @Test("a line or a document beyond the limit is passed over, and the rest goes on")
    func long() async throws {
        let folder = try TemporaryFolder()
        let long = String(repeating: "x", count: 3 << 20)
        let lines = [long, #"{"text": "one"}"#, #"{"text": "\#(long)"}"#, #"{"text": "two"}"#, long]
        let path = try folder.write("a.jsonl", lines.joined(separator: "\n"))
        let (texts, report) = try await collect(path, limits: DomainReadLimits(documentBytes: 100, lineBytes: 1000))
        #expect(texts == ["a/a": ["one", "two"]])
        #expect(report.places[.tooLong]?.map(\.line) == [1, 3, 5])
    }

    @Test("a domain without a document of its own is an error that names it")
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
        try folder.write("w/a.jsonl", #"{"text": "x"}"#)
        try folder.write("w/b.jsonl", #"{"text": "x"}"#)
        try await expect(.emptyDomain(domain: "b/b", place: folder.path + "/w/b.jsonl"), folder.path + "/w")
    }

    @Test("files that cannot be read are all named; the rest can be taken without them")
    func unreadable() async throws {
        let folder = try TemporaryFolder()
        let whole = try await gzip((0..<2000).map { #"{"text": "document \#($0)"}"# }.joined(separator: "\n"))
        try folder.write("s/a.jsonl", #"{"text": "good"}"#)
        try folder.write("s/broken/b.jsonl.gz", whole.prefix(whole.count / 2))
        try folder.write("s/broken/c.jsonl.gz", "no gzip")
        try folder.write("s/broken/d.jsonl.gz", try await gzip(#"{"text": "whole"}"#))
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/s/gone.jsonl", withDestinationPath: "nowhere")
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/s/loop", withDestinationPath: "../s")
        let (index, report) = try await DomainIndex.build(of: try DomainSource(path: folder.path + "/s"))
        let names = report.unreadable.map { String($0.path.dropFirst(folder.path.count)) }
        #expect(names == ["/s/gone.jsonl", "/s/loop", "/s/broken/b.jsonl.gz", "/s/broken/c.jsonl.gz"])
        #expect(index.domains.map(\.name.description) == ["a/a", "broken/d"])
        #expect(report.documents == 2)
        #expect(report.objection(isStrict: false, skipsUnreadable: true) == nil)
        let objection = try #require(report.objection(isStrict: false, skipsUnreadable: false))
        #expect(objection.description.contains("gone.jsonl: the link leads nowhere") && objection.description.contains("and 2 more"))
    }

    @Test("what cannot be read at all says where and why")
    func refusals() async throws {
        let folder = try TemporaryFolder()
        try await expect(.missing(path: folder.path + "/no"), folder.path + "/no")
        try folder.makeFolder("none")
        try await expect(.nothingToRead(path: folder.path + "/none"), folder.path + "/none")
        try folder.write("clash/a b/x.txt", "x")
        try folder.write("clash/a-b/y.txt", "y")
        try await expect(.clash(domain: try #require(DomainName("a-b/a-b")), places: ["a b", "a-b"]), folder.path + "/clash")
    }

    @Test("the chosen documents are copied in the frozen order, and a file that changed meanwhile is found out")
    func copying() async throws {
        let folder = try TemporaryFolder()
        try folder.write("s/b/x.txt", "a text of its own")
        try folder.write("s/a.jsonl.gz", try await gzip((0..<50).map { #"{"text": "document \#($0)"}"# }.joined(separator: "\n")))
        let (index, _) = try await DomainIndex.build(of: try DomainSource(path: folder.path + "/s"))
        let targets = SelectionTargets(unit: .bytes, perDomain: 100, perSource: nil)
        let chosen = DomainSelection.select(index.domains, seed: 4, targets: targets)
        let copy = try await ChosenDocuments.copy(chosen, of: index, split: "val", seed: 4, targets: targets, in: folder.path)
        #expect(copy.documents == chosen.reduce(0) { $0 + $1.entries.count })
        #expect(copy.bytes == chosen.reduce(0) { $0 + $1.amount(in: .bytes) })
        #expect(copy.upload.targets == targets)
        for _ in 0..<2 {
            let lines = try copy.lines().map { try WireCoding.decode(DocumentLine.self, from: Data(try $0.get())) }
            #expect(lines.map(\.domain) == Array(repeating: 0, count: copy.documents - 1) + [1])
            #expect(lines.map { PackedDigest($0.content.digest) } == chosen.flatMap { $0.entries.map(\.digest) })
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["s"])
        try folder.write("s/b/x.txt", "a text of THEIR own")
        await #expect(throws: DomainSourceError.changed(file: folder.path + "/s/b/x.txt")) {
            _ = try await ChosenDocuments.copy(chosen, of: index, split: "val", seed: 4, targets: nil, in: folder.path)
        }
        await #expect(throws: DomainSourceError.self) {
            _ = try await ChosenDocuments.copy(chosen, of: index, split: "val", seed: 4, targets: nil, in: folder.path + "/nowhere")
        }
    }

    private func expect(_ error: DomainSourceError, _ path: String, at location: SourceLocation = #_sourceLocation) async throws {
        await #expect(throws: error, sourceLocation: location) { _ = try await DomainIndex.build(of: try DomainSource(path: path)) }
    }
}

/// All texts that are read, by domain.
func collect(
    _ path: String, split: String = "val", limits: DomainReadLimits = DomainReadLimits()
) async throws -> (texts: [String: [String]], report: DomainSourceReport) {
    var texts: [String: [String]] = [:]
    let report = try await DomainSource.read(path: path, split: split, limits: limits) { found in
        texts[found.document.domain.description, default: []] += found.document.content.parts
    }
    return (texts, report)
}

/// As gzip itself compresses it.
func gzip(_ text: String) async throws -> Data {
    let result = try await run(
        .path("/usr/bin/gzip"), arguments: ["-c"], input: .array(Array(text.utf8)), output: .bytes(limit: 1 << 24), error: .discarded)
    return Data(result.standardOutput)
}
