import FoundationEssentials
package import TrackCore

/// Looks for the documents of a domain set in training text.
package struct Decontaminator: Sendable {
    /// A rate at which the filter costs 3 bytes a paragraph, and lets through one in a hundred thousand for the table to refuse.
    package static let standardFalsePositiveRate = 1e-5
    /// Examples that are named per domain.
    private static let namedPlaces = 3

    private var builder = ParagraphIndex.Builder()
    private var documents: [(domain: DomainName, digest: Digest)] = []

    package init() {}

    /// Adds a document of the set.
    ///
    /// - Parameter texts: the parts of its text that stand by themselves: one, or the messages of a conversation.
    package mutating func add(_ texts: [String], of domain: DomainName, digest: Digest) {
        builder.add(texts)
        documents.append((domain, digest))
    }

    /// Reads the training text.
    ///
    /// - Parameter time: of the check, for the record.
    /// - Returns: the report, and for every document in the order of adding whether the training text has a paragraph of it.
    /// - Throws: ``TrainingTextError``
    package func check(
        against places: [String], treatment: Decontamination.Treatment, falsePositiveRate: Double = standardFalsePositiveRate,
        processors: Int = ProcessInfo.processInfo.activeProcessorCount, at time: Timestamp, progress: ScanProgress = ScanProgress()
    ) async throws -> (report: DecontaminationReport, isFound: [Bool]) {
        let text = try TrainingText(at: places)
        let index = builder.finish(falsePositiveRate: falsePositiveRate)
        let scan = try await TrainingScan.run(text, for: index, processors: processors, progress: progress)
        let found = zip(documents, index.documents).compactMap { document, paragraphs -> DecontaminationReport.Document? in
            let hits = paragraphs.filter { scan.places[$0] != nil }
            guard let place = hits.first.flatMap({ scan.places[$0] }) else { return nil }
            return .init(
                domain: document.domain, digest: document.digest, paragraphs: Set(paragraphs).count, paragraphsFound: Set(hits).count,
                place: place)
        }
        let check = Decontamination(
            against: places, digest: scan.digest, files: text.files.count, bytes: scan.bytes, minimumWords: ParagraphRule.minimumWords,
            falsePositiveRate: falsePositiveRate, paragraphs: index.count, paragraphsFound: scan.places.count, documents: documents.count,
            documentsFound: found.count, documentsUnchecked: index.documents.count(where: \.isEmpty), treatment: treatment, checkedAt: time)
        let report = DecontaminationReport(
            check: check,
            filter: .init(
                bytes: index.filter.bytes, probes: index.filter.probes, falsePositiveRate: falsePositiveRate, passed: scan.passed,
                confirmed: scan.confirmed),
            domains: domains(index, scan), documents: found, otherFiles: text.others, brokenLines: scan.brokenLines)
        return (report, index.documents.map { $0.contains { scan.places[$0] != nil } })
    }

    /// In the order in which they came.
    private func domains(_ index: ParagraphIndex, _ scan: TrainingScan) -> [DecontaminationReport.Domain] {
        var order: [DomainName] = []
        var members: [DomainName: [Int]] = [:]
        for (number, document) in documents.enumerated() {
            if members[document.domain] == nil { order.append(document.domain) }
            members[document.domain, default: []].append(number)
        }
        return order.map { name in
            let own = members[name, default: []].map { index.documents[$0] }
            let paragraphs = Set(own.joined())
            let hits = paragraphs.filter { scan.places[$0] != nil }
            return .init(
                name: name, documents: own.count, documentsFound: own.count { $0.contains { scan.places[$0] != nil } },
                documentsUnchecked: own.count(where: \.isEmpty), paragraphs: paragraphs.count, paragraphsFound: hits.count,
                examples: hits.sorted().prefix(Self.namedPlaces).compactMap { scan.places[$0] })
        }
    }
}
