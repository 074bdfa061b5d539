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

    /// With a filter that lets nearly everything pass, only the comparison of digests keeps documents apart.
    @Test("no document is taken for another, however bad the filter")
    func confirmed() async throws {
        let folder = try TemporaryFolder()
        let lines = (0..<500).map { "line \($0) of text that is in nobody's set, of more than thirteen words, and about as long as one is" }
        try folder.write("a.txt", lines.joined(separator: "\n"))
        let (report, isFound) = try await set().check(
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
