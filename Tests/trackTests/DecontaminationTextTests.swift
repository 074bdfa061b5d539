import Testing
import TrackCore
import track

@testable import TrackEvaluators

@Suite struct DecontaminationTextTests {
    private func report(_ treatment: Decontamination.Treatment, found: Int, others: [String] = [], broken: Int = 0) throws
        -> DecontaminationReport
    {
        let name = try #require(DomainName("legal/mit"))
        return DecontaminationReport(
            check: Decontamination(
                against: ["/train"], digest: Digest(ofText: "train"), files: 2, bytes: 3_000_000, minimumWords: 13, falsePositiveRate: 1e-5,
                paragraphs: 1500, paragraphsFound: found, documents: 40, documentsFound: found, documentsUnchecked: 1, treatment: treatment,
                checkedAt: Timestamp(milliseconds: 0)),
            filter: .init(bytes: 4500, probes: 17, falsePositiveRate: 1e-5, passed: 3, confirmed: found),
            domains: [
                .init(
                    name: name, documents: 40, documentsFound: found, documentsUnchecked: 1, paragraphs: 1500, paragraphsFound: found,
                    examples: found == 0 ? [] : ["/train/a.txt:7", "/train/b.txt:1"])
            ], documents: [], otherFiles: others, brokenLines: broken)
    }

    private let plain = Look(unicode: true, colour: false)

    @Test("the first words say what became of the documents that were found")
    func headline() throws {
        #expect(DecontaminationText.report(try report(.drop, found: 2), plain).hasPrefix("DROPPED: 2 of 40 documents have a paragraph"))
        #expect(DecontaminationText.report(try report(.drop, found: 1), plain).hasPrefix("DROPPED: 1 of 40 documents has a paragraph"))
        #expect(DecontaminationText.report(try report(.keep, found: 2), plain).hasPrefix("KEPT: 2 of 40 documents"))
        #expect(
            DecontaminationText.report(try report(.keep, found: 0), plain).hasPrefix("None of 40 documents has a paragraph"))
    }

    @Test("every domain has its numbers and a place, and the method its rate and what was confirmed")
    func numbers() throws {
        let text = DecontaminationText.report(try report(.drop, found: 2), plain)
        #expect(text.contains("/train/a.txt:7") && !text.contains("/train/b.txt:1"))
        #expect(text.contains("Looked for 1,500 paragraphs of 13 words or more, exactly, in 3.0 MB of training text (2 files, digest "))
        #expect(text.contains("Bloom filter: 4.5 kB, false-positive rate 1e-05; 3 paragraphs of the training text passed it, 2 were"))
    }

    @Test("what nobody could look into is told")
    func notes() throws {
        let text = DecontaminationText.report(
            try report(.drop, found: 0, others: ["/train/a.parquet", "/train/b.bin"], broken: 3), plain)
        #expect(text.contains("Note: 2 files of the training text were of no kind that is read: /train/a.parquet, /train/b.bin\n"))
        #expect(text.contains("Note: 3 damaged lines of JSON"))
        #expect(text.contains("Note: 1 document has no paragraph of 13 words or more: they could not be looked for."))
        let many = try report(.drop, found: 0, others: (0..<9).map { "/train/\($0).bin" }).notes
        #expect(many.first == "9 files of the training text were of no kind that is read: /train/0.bin, /train/1.bin, /train/2.bin, "
            + "/train/3.bin, /train/4.bin, …")
    }
}

@Suite struct PowerTextTests {
    private func power(
        targets: SelectionTargets? = nil, _ change: (inout DomainSetRevision) -> Void = { _ in }
    ) throws -> RevisionPower {
        let name = try #require(DomainName("books/novels"))
        var revision = DomainSetRevision(
            set: "held-out", number: 3, digest: Digest(ofText: "r"), kind: .documents, split: "val", seed: 7, targets: targets,
            createdAt: Timestamp(milliseconds: 0), domains: [DomainOfRevision(name: name, documents: 12, bytes: 48_000, words: 9000)])
        change(&revision)
        return RevisionPower(
            revision: revision, run: nil, checkpoint: nil, reference: nil,
            domains: [
                .init(
                    name: name, documents: 12, bytes: 48_000, tokens: nil, effectiveDocuments: 9.5, largestShare: 0.25,
                    minimalDetectable: 0.0198, basis: .published, warnings: ["few documents"])
            ], statements: ["Minimal detectable change."])
    }

    private let plain = Look(unicode: true, colour: false)

    @Test("a domain is told with its effective documents, its longest one, the change that it shows, and its warnings")
    func domains() throws {
        let lines = PowerText.revision(try power(), plain).split(separator: "\n").map(String.init)
        #expect(lines[2].split(whereSeparator: { $0 == " " }).contains("effective"))
        #expect(lines[3].split(separator: " ").joined(separator: " ") == "books/novels 12 - 48.0 kB 9.5 25.0 % +2.0 %")
        #expect(lines.contains("! books/novels: few documents.") && lines.contains("  Minimal detectable change."))
    }

    @Test("what is controlled stands below, and what nobody has looked for with the command that does")
    func controls() throws {
        let none = PowerText.revision(try power(), plain)
        #expect(none.contains("nobody has looked; `track domains decontaminate held-out --against …` does"))
        #expect(none.contains("G3 subsampling: all documents of the source, in the order of seed 7; frozen by digest"))
        #expect(!none.contains("refresh"))
        let check = Decontamination(
            against: ["/a", "/b"], digest: Digest(ofText: "train"), files: 2, bytes: 3000, minimumWords: 13, falsePositiveRate: 1e-5,
            paragraphs: 5, paragraphsFound: 2, documents: 12, documentsFound: 2, documentsUnchecked: 0, treatment: .keep,
            checkedAt: Timestamp(milliseconds: 0))
        let looked = PowerText.revision(
            try power(targets: SelectionTargets(unit: .bytes, perDomain: 1000, perSource: nil)) {
                $0.decontaminations = [check]
                $0.refreshedFrom = 2
            }, plain)
        #expect(looked.contains("G1 decontamination: 2 of 12 documents found and kept in /a, /b (3.0 kB, digest "))
        #expect(looked.contains("drawn with seed 7 to at least 1,000 bytes of each domain"))
        #expect(looked.contains("It is the refresh of held-out@2."))
    }
}
