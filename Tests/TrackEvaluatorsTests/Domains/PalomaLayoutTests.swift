import FoundationEssentials
import Testing
import TrackCore

@testable import TrackEvaluators

/// Paloma's files as they are published: names, fields and their gaps.
@Suite struct PalomaLayoutTests {
    /// A tree with what is peculiar about every source.
    private static func write(_ folder: TemporaryFolder) async throws {
        func file(_ path: String, _ lines: [String]) async throws {
            try folder.write("paloma/" + path, try await gzip(lines.map { $0 + "\n" }.joined()))
        }
        for split in ["val", "test"] {
            // One domain, and a field that holds another kind of thing in every source.
            try await file("wikitext_103/\(split)/\(split).jsonl.gz", [#"{"text": "wiki \#(split)", "source": "raw", "metadata": "{}"}"#])
            try await file(
                "c4_en/\(split)/\(split)-00000000.jsonl.gz",
                [#"{"added": "2023-01-01", "metadata": {"url": "x", "truncated_portion": null}, "text": "c4 \#(split)"}"#])
            try await file("c4_en/\(split)/\(split)-00000001.jsonl.gz", [#"{"text": "c4 more \#(split)", "metadata": [1, {"deep": []}]}"#])
            // A file per domain; one of a hundred became empty.
            for (number, host) in [(5, "www.theguardian.com"), (6, "en.wikipedia.org")] {
                try await file(
                    "c4_100_domains/\(split)/c4_100_domains_\(number)_\(host)_00000000.jsonl.gz",
                    [#"{"text": "\#(host) \#(split)", "subdomain": "\#(number)_\#(host)", "tokens": "AAEC", "token_length": 99}"#])
            }
            try await file("c4_100_domains/\(split)/c4_100_domains_99_empty.example_00000000.jsonl.gz", [])
            // Several domains in one file, whose names differ in what a name may not hold.
            try await file(
                "dolma_100_programing_languages/\(split)/\(split).jsonl.gz",
                ["c", "c++", "c#", "objective-c++"].map { #"{"text": "\#($0) \#(split)", "subdomain": "\#($0)"}"# })
            try await file("twitterAAE_HELM_fixed/\(split)/\(split).jsonl.gz", [#"{"text": "aa \#(split)", "subdomain": "aa", "id": 7}"#])
        }
        try folder.write("paloma/README.md", "Paloma")
        try folder.write("paloma/paloma.py", "print()")
    }

    private static let domains = [
        "c4_100_domains/5_www.theguardian.com", "c4_100_domains/6_en.wikipedia.org", "c4_en/c4_en", "dolma_100_programing_languages/c",
        "dolma_100_programing_languages/cplusplus", "dolma_100_programing_languages/csharp",
        "dolma_100_programing_languages/objective-cplusplus", "twitterAAE_HELM_fixed/aa", "wikitext_103/wikitext_103",
    ]

    @Test("a tree of it gives its domains, one split at a time", arguments: ["val", "test"])
    func tree(split: String) async throws {
        let folder = try TemporaryFolder()
        try await Self.write(folder)
        let (index, report) = try await DomainIndex.build(of: try DomainSource(path: folder.path + "/paloma", split: split))
        #expect(index.domains.map(\.name.description) == Self.domains.sorted { DomainName($0)! < DomainName($1)! })
        #expect((report.documents, report.otherFiles) == (10, 2))
        let (texts, _) = try await collect(folder.path + "/paloma", split: split)
        #expect(texts["c4_en/c4_en"] == ["c4 \(split)", "c4 more \(split)"])
        #expect(texts["dolma_100_programing_languages/cplusplus"] == ["c++ \(split)"])
    }

    @Test("a source or one of its splits may be named by itself")
    func parts() async throws {
        let folder = try TemporaryFolder()
        try await Self.write(folder)
        for path in ["c4_en", "c4_en/test", "c4_en/test/"] {
            let (texts, _) = try await collect(folder.path + "/paloma/" + path, split: "test")
            #expect(texts == ["c4_en/c4_en": ["c4 test", "c4 more test"]])
        }
        await #expect(throws: DomainSourceError.splitMissing(source: "c4_en", split: "val")) {
            try await collect(folder.path + "/paloma/c4_en/test", split: "val")
        }
    }

    @Test("a split that a source lacks, and subdomains that would become one, are refused")
    func refusals() async throws {
        let folder = try TemporaryFolder()
        try folder.write("p/ptb/val/val.jsonl", #"{"text": "one"}"#)
        try folder.write("p/gab/test/test.jsonl", #"{"text": "two"}"#)
        await #expect(throws: DomainSourceError.splitMissing(source: "gab", split: "val")) { try await collect(folder.path + "/p") }
        let lines = [#"{"text": "one", "subdomain": "a b"}"#, #"{"text": "two", "subdomain": "a-b"}"#]
        try folder.write("q/red/val/val.jsonl", lines.joined(separator: "\n"))
        await #expect(throws: DomainSourceError.clash(domain: DomainName("red/a-b")!, places: ["a b", "a-b"])) {
            try await collect(folder.path + "/q")
        }
        try folder.write("r/x/red/val/val.jsonl", #"{"text": "one"}"#)
        try folder.write("r/y/red/val/val.jsonl", #"{"text": "two"}"#)
        await #expect(throws: DomainSourceError.clash(domain: DomainName("red/red")!, places: ["x/red", "y/red"])) {
            try await collect(folder.path + "/r")
        }
        try folder.write("s/ptb/val/val.jsonl", "\n")
        await #expect(throws: DomainSourceError.emptyDomain(domain: "ptb/ptb", place: folder.path + "/s/ptb/val/val.jsonl")) {
            _ = try await DomainIndex.build(of: try DomainSource(path: folder.path + "/s"))
        }
    }
}
