import ArgumentParser
import FoundationEssentials
import TrackCore
import TrackEvaluators

extension Decontamination.Treatment: ExpressibleByArgument {}

/// Against which training text held-out documents are looked for, and what becomes of those that are found.
struct DecontaminationOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            """
            Training text in which the documents are looked for: files and folders, .txt, .md, .jsonl, .ndjson or .json, also with .gz. A \
            document is found when the text has one of its paragraphs of 13 words or more, exactly (Paloma's rule).
            """, valueName: "training-text"))
    var against: [String] = []

    @Option(help: "Documents that are found in the training text: drop leaves them out, keep only reports them.")
    var contaminated = Decontamination.Treatment.drop

    /// Looks for documents, with the progress on a line.
    ///
    /// - Returns: the report, and for each document whether it was found.
    func check(
        _ decontaminator: Decontaminator, showing line: ProgressLine
    ) async throws -> (report: DecontaminationReport, isFound: [Bool]) {
        let progress = ScanProgress()
        let (places, treatment) = (against, contaminated)
        return try await withThrowingTaskGroup(of: Step.self) { group in
            group.addTask {
                .checked(try await decontaminator.check(against: places, treatment: treatment, at: Timestamp(Date()), progress: progress))
            }
            group.addTask { try await Step.tick() }
            defer { group.cancelAll() }
            while let step = try await group.next() {
                if case .checked(let result) = step { return result }
                let files = progress.files
                let done = "\(files.done) of \(NumberText.counted(files.all, "file")) done"
                line.show("training text: \(NumberText.bytes(progress.bytes)) read, \(done)")
                group.addTask { try await Step.tick() }
            }
            throw CancellationError()
        }
    }

    private enum Step: Sendable {
        case checked((report: DecontaminationReport, isFound: [Bool]))
        case waited

        static func tick() async throws -> Step {
            try await Task.sleep(for: .milliseconds(200))
            return .waited
        }
    }
}
