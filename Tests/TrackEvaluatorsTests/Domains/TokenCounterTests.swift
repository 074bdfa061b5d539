import FoundationEssentials
import Testing
import TrackCore

@testable import TrackEvaluators

/// With a program that counts words in the place of the tokenizer; what a tokenizer says is tested in Python.
@Suite struct TokenCounterTests {
    private static let program = """
        import json, sys
        assert sys.argv[1] == "count-tokens"
        for line in sys.stdin:
            value = json.loads(line)
            parts = [value["text"]] if "text" in value else [each["content"] for each in value["messages"]]
            print(sum(len(part.split()) for part in parts))
        """

    private static func counter(_ folder: TemporaryFolder, _ program: String) throws -> TokenCounter {
        try folder.write("model/tokenizer.json", #"{"model": {}}"#)
        let script = try folder.write("count.py", program)
        let catalog = EvaluatorCatalog(
            commands: [EvaluatorCatalog.transformers: ["/usr/bin/python3", script]], environment: ["PATH": "/usr/bin:/bin"], user: nil)
        return try TokenCounter(folder: folder.path + "/model", catalog: catalog)
    }

    private static func index(_ folder: TemporaryFolder) async throws -> DomainIndex {
        let lines = (1...3000).map { #"{"text": "\#(String(repeating: "word ", count: $0 % 97))\#($0)"}"# }
        try folder.write("set/a.jsonl", lines.joined(separator: "\n"))
        try folder.write("set/b.jsonl", #"{"prompt": "one two", "completion": "three"}"#)
        return try await DomainIndex.build(of: try DomainSource(path: folder.path + "/set")).index
    }

    @Test("every document gets its own count, whatever its place among the others")
    func counts() async throws {
        let folder = try TemporaryFolder()
        var index = try await Self.index(folder)
        let counter = try Self.counter(folder, Self.program)
        try await counter.count(&index) { _, _ in }
        for entry in index.domains[0].entries { #expect(entry.tokens == entry.line % 97 + 1) }
        #expect(index.domains[1].entries.map(\.tokens) == [3])
        #expect(counter.tokenizer != Digest(ofText: ""))
    }

    @Test(
        "a counter that fails, says too little or is no number is told in its own words",
        arguments: [
            "import sys; sys.exit('no library: install it')", "import sys; print(1)", "print('many')",
            "import sys; [print('x') for _ in sys.stdin]",
        ])
    func failures(program: String) async throws {
        let folder = try TemporaryFolder()
        var index = try await Self.index(folder)
        let counter = try Self.counter(folder, program)
        let error = await #expect(throws: DomainSourceError.self) { try await counter.count(&index) { _, _ in } }
        if program.contains("install") { #expect(error?.description.contains("no library: install it") == true) }
    }

    @Test("a folder without a tokenizer is refused before anything is read")
    func missing() throws {
        let folder = try TemporaryFolder()
        let catalog = EvaluatorCatalog(commands: [:], environment: [:], user: nil)
        let error = #expect(throws: DomainSourceError.self) { try TokenCounter(folder: folder.path, catalog: catalog) }
        #expect(error?.description.contains(folder.path + "/tokenizer.json") == true)
    }
}
