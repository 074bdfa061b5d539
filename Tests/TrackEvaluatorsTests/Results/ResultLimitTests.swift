import FoundationEssentials
import Testing
import TrackCore

@testable import TrackEvaluators

/// Files of results may be of any size; what is held of them is not.
@Suite struct ResultLimitTests {
    private static let limits = {
        var limits = ResultLimits()
        (limits.value, limits.record) = (200, 100)
        return limits
    }()

    private static func read(_ path: String, _ format: ResultFormat) async throws -> ReportedTable {
        try await ResultFiles.read([path], format: format, ResultOptions(label: "m"), limits: limits)
    }

    private static func sample(_ id: Int, _ text: String = "") -> String {
        #"{"doc_id":\#(id),"doc":{"text":"\#(text)"},"byte_perplexity":[-20,10]}"#
    }

    @Test("a line over the limit is named, and the others are read; the file may be longer than a line")
    func lines() async throws {
        let folder = try TemporaryFolder()
        let lines = [Self.sample(0), Self.sample(1, String(repeating: "x", count: 200)), Self.sample(2), Self.sample(3), Self.sample(4)]
        let table = try await Self.read(try folder.write("samples_t_2026.jsonl", lines.joined(separator: "\n")), .lmEval)
        #expect(table.runs.first?.domains.first?.bytes == 40)
        #expect(table.skipped.map(\.place.suffixOfPlace) == ["samples_t_2026.jsonl:2"])
        #expect(table.skipped.first?.reason == "has more than 0 MiB, the limit of a line")
    }

    @Test("one JSON value over the limit is refused, with what to do")
    func value() async throws {
        let folder = try TemporaryFolder()
        let long = String(repeating: " ", count: 300)
        for (name, format) in [("results.json", ResultFormat.lmEval), ("m.json", .olmoEval), ("p.jsonl", .olmoEval)] {
            let path = try folder.write(name, "[\n" + long + "]")
            let error = await #expect(throws: ResultFileError.self) { try await Self.read(path, format) }
            #expect(error?.description.contains("is one JSON value, and no value a line, of more than 0 MiB") == true)
        }
        let native = try folder.write("n.json", "{\n" + long + "}")
        await #expect(throws: ResultFileError.self) {
            try await NativeRuns.read([native], limits: Self.limits, skip: { _ in }, take: { _ in })
        }
    }

    @Test("a record of a csv over the limit is named, and the others are read")
    func record() async throws {
        let folder = try TemporaryFolder()
        let text = "domain,ppl\na,2\n" + String(repeating: "b", count: 100) + ",2\nc,2\n"
        let table = try await Self.read(try folder.write("t.csv", text), .csv)
        #expect(table.runs.first?.domains.map(\.domain.description) == ["a/a", "c/c"])
        #expect(table.skipped.map(\.place.suffixOfPlace) == ["t.csv:3"])
    }

    @Test("a file of another form does not name every line of it, and counts them all")
    func skips() async throws {
        let folder = try TemporaryFolder()
        let text = "domain,ppl\n" + String(repeating: "a,b,c\n", count: 1500) + "c,2\n"
        let table = try await Self.read(try folder.write("t.csv", text), .csv)
        #expect(table.skipped.count == ReportedTable.namedSkips && table.skippedCount == 1500)
        #expect(table.runs.first?.domains.count == 1)
    }

    @Test("of a compressed file its own bytes are counted, while it is read")
    func progress() async throws {
        let folder = try TemporaryFolder()
        // Text that does not shrink much, so that gzip has to read several times.
        var random = SystemRandomNumberGenerator()
        let noise = (0..<200_000).map { _ in String(random.next(), radix: 36) }.joined(separator: "\n")
        try folder.write("noise.txt.gz", try await gzip(noise))
        let path = folder.path + "/noise.txt.gz"
        let size = try FileReader.stamp(of: path).size
        var steps: [Int64] = []
        var bytes = 0
        try await UnpackedFile.read(path, isCompressed: true, advanced: { steps.append($0) }, receive: { bytes += $0.count })
        #expect(bytes == noise.utf8.count)
        #expect(steps.reduce(0, +) == size && steps.allSatisfy { $0 >= 0 })
        #expect(steps.count { $0 > 0 } > 3)
    }
}

extension String {
    /// The name of the file with what follows it.
    fileprivate var suffixOfPlace: String { split(separator: "/").last.map(String.init) ?? self }
}
