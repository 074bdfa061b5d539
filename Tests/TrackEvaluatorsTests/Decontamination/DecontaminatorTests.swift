import FoundationEssentials
import Subprocess
import SystemPackage
import Testing
import TrackCore
import TrackEvaluators

@Suite struct DecontaminatorTests {
    private static let licence =
        "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and its documentation files"
    private static let novel = "It was the best of times, it was the worst of times, it was the age of wisdom and of foolishness"
    private static let recipe = "Beat the eggs with the sugar until the mixture is pale, then fold in the flour a spoonful at a time"
    private static let names = (legal: DomainName("legal/mit")!, prose: DomainName("prose/novel")!)

    private func set() -> Decontaminator {
        var set = Decontaminator()
        for (domain, text) in [
            (Self.names.legal, "MIT\n\n\(Self.licence)\n\nand so on"), (Self.names.legal, "Another licence\n\(Self.recipe)"),
            (Self.names.prose, Self.novel), (Self.names.prose, "Too short to look for."),
        ] { set.add([text], of: domain, digest: Digest(ofText: text)) }
        return set
    }

    private func check(_ folder: TemporaryFolder, _ treatment: Decontamination.Treatment = .drop) async throws -> (
        report: DecontaminationReport, isFound: [Bool]
    ) {
        try await set().check(against: [folder.path], treatment: treatment, at: Timestamp(milliseconds: 1000))
    }

    @Test("documents with a paragraph of the training text are found, with the place, per domain")
    func found() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a/part.txt", "nothing here\n  \(Self.licence)\r\nmore")
        try folder.write("b.jsonl", #"{"text": "x\n\#(Self.recipe) \n"}"# + "\n")
        try folder.write("c.parquet", "PAR1")
        let (report, isFound) = try await check(folder)
        #expect(isFound == [true, true, false, false])
        #expect(report.check.documentsFound == 2 && report.check.documents == 4 && report.check.documentsUnchecked == 1)
        #expect(report.check.paragraphs == 3 && report.check.paragraphsFound == 2)
        #expect(report.domains.map(\.documentsFound) == [2, 0])
        #expect(report.documents.map(\.place) == [folder.path + "/a/part.txt:2", folder.path + "/b.jsonl:1"])
        #expect(report.otherFiles == [folder.path + "/c.parquet"])
        #expect(report.filter.confirmed == 2)
        #expect(report.check.isClean)
    }

    @Test("a paragraph that is almost the same is not found: the match is exact")
    func almost() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a.txt", Self.licence + ".\n" + Self.novel.lowercased() + "\nand " + Self.recipe)
        let (report, isFound) = try await check(folder, .keep)
        #expect(!isFound.contains(true) && report.check.paragraphsFound == 0 && report.check.isClean)
    }

    @Test("compressed text is unpacked, and its digest is that of the text, wherever it lies")
    func compressed() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("a.jsonl", #"{"prompt": "\#(Self.novel)"}"# + "\n")
        let plain = try await check(folder, .keep)
        _ = try await run(.path("/usr/bin/gzip"), arguments: [file], output: .discarded)
        let packed = try await check(folder, .keep)
        #expect(packed.isFound == [false, false, true, false])
        #expect(packed.report.check.digest == plain.report.check.digest && packed.report.check.bytes == plain.report.check.bytes)
        #expect(!packed.report.check.isClean)
    }

    @Test("training text that is missing, of another kind or cut off is an error that says so")
    func errors() async throws {
        let folder = try TemporaryFolder()
        await #expect(throws: TrainingTextError.missing(folder.path + "/none")) {
            try await set().check(against: [folder.path + "/none"], treatment: .drop, at: Timestamp(milliseconds: 0))
        }
        try folder.write("x.parquet", "PAR1")
        await #expect(throws: TrainingTextError.nothingToRead(folder.path)) { try await check(folder) }
        try folder.write("y.txt.gz", "this is no gzip")
        await #expect(throws: TrainingTextError.self) { try await check(folder) }
    }

    private func refusal(_ places: String...) async -> TrainingTextError? {
        await #expect(throws: TrainingTextError.self) {
            try await set().check(against: places, treatment: .drop, at: Timestamp(milliseconds: 0))
        }
    }

    @Test("a file of a kind that is not read is an error where it is named itself, and a note where its folder is")
    func kinds() async throws {
        let folder = try TemporaryFolder()
        let other = try folder.write("x.parquet", "PAR1")
        try folder.write("a.MD", Self.novel)
        #expect(await refusal(folder.path + "/a.MD", other) == .otherKind(other))
        #expect(try await check(folder).report.otherFiles == [other])
    }

    @Test("a folder that is named twice, or with one in it, is read once")
    func twice() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("a/part.txt", Self.novel)
        let places = [folder.path + "/", folder.path, folder.path + "/a", file]
        let (report, isFound) = try await set().check(against: places, treatment: .drop, at: Timestamp(milliseconds: 0))
        #expect(report.check.files == 1 && report.check.against == places)
        #expect(isFound == [false, false, true, false])
    }

    @Test("a link is followed; one that leads nowhere is an error, and one that leads back up ends")
    func links() async throws {
        let folder = try TemporaryFolder()
        try folder.write("real/part.txt", Self.novel)
        let files = FileManager.default
        try files.createSymbolicLink(atPath: folder.path + "/real/more", withDestinationPath: folder.path + "/other")
        #expect(
            await refusal(folder.path) == .unreadable(folder.path + "/real/more", reason: "the link leads nowhere"))
        try folder.write("other/part.txt", Self.recipe)
        #expect(try await check(folder).isFound == [false, true, true, false])
        try files.createSymbolicLink(atPath: folder.path + "/other/up", withDestinationPath: folder.path)
        guard case .tooDeep(let place) = await refusal(folder.path) else {
            Issue.record("the link is followed without an end")
            return
        }
        #expect(place.split(separator: "/").count == folder.path.split(separator: "/").count + 32)
    }

    @Test("the first place of a paragraph is told: the first line of the first file")
    func places() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a.txt", "x\n\(Self.novel)\n\(Self.novel)\n")
        try folder.write("b.txt", Self.novel)
        let (report, _) = try await check(folder)
        #expect(report.documents.map(\.place) == [folder.path + "/a.txt:2"])
        #expect(report.domains.last?.examples == [folder.path + "/a.txt:2"])
        #expect(report.filter.confirmed == 3)
    }

    @Test("training text is the same wherever its files lie and whatever they are called")
    func digest() async throws {
        let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
        for name in 0..<6 {
            try folder.write("\(name).txt", "text \(name)")
            try other.write("moved/\(9 - name).md", "text \(name)")
        }
        #expect(try await check(folder).report.check.digest == (try await check(other)).report.check.digest)
        try other.write("moved/more.md", "text 7")
        #expect(try await check(folder).report.check.digest != (try await check(other)).report.check.digest)
    }

    @Test("white space at the ends of the set's own paragraphs hides nothing, and its shortest and longest are looked for")
    func ends() async throws {
        let folder = try TemporaryFolder()
        let short = "a b c d e f g h i j k l m"
        var set = Decontaminator()
        let texts = ["\t\(Self.novel) \r\nnothing\r\n", "  \(short)  ", Self.recipe]
        for text in texts { set.add([text], of: Self.names.prose, digest: Digest(ofText: text)) }
        try folder.write("a.txt", [short, Self.novel, Self.recipe].joined(separator: "\n"))
        let result = try await set.check(against: [folder.path], treatment: .drop, at: Timestamp(milliseconds: 0))
        #expect(result.isFound == [true, true, true])
    }

    /// With a filter that lets nearly everything pass (2,000 members in 438 bits), only the comparison of digests keeps documents apart.
    @Test("no document is taken for another, however bad the filter")
    func confirmed() async throws {
        let folder = try TemporaryFolder()
        func line(_ number: Int) -> String { "number \(10_000 + number) of many lines of text, of more than thirteen words and all as long" }
        var set = Decontaminator()
        for number in 0..<2000 { set.add([line(number)], of: Self.names.prose, digest: Digest(ofText: line(number))) }
        try folder.write("a.txt", (2000..<2500).map(line).joined(separator: "\n"))
        let (report, isFound) = try await set.check(
            against: [folder.path], treatment: .drop, falsePositiveRate: 0.9, at: Timestamp(milliseconds: 0))
        #expect(report.filter.passed > 0 && report.filter.confirmed == 0)
        #expect(!isFound.contains(true))
    }

    @Test("files are read side by side with one result, the first place by name")
    func parallel() async throws {
        let folder = try TemporaryFolder()
        for number in 0..<20 { try folder.write("part-\(number + 10).txt", "\(number)\n" + (number % 3 == 1 ? Self.novel : "nothing")) }
        var reports: Set<DecontaminationReport> = []
        for processors in [1, 4, 32] {
            reports.insert(
                try await set().check(against: [folder.path], treatment: .drop, processors: processors, at: Timestamp(milliseconds: 0)).report)
        }
        #expect(reports.count == 1)
        #expect(reports.first?.documents.map(\.place) == [folder.path + "/part-11.txt:2"])
    }
}
