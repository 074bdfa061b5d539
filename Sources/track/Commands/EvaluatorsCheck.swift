import ArgumentParser
import FoundationEssentials
import Glibc
import TrackClient
import TrackCore
import TrackEvaluators

struct EvaluatorsCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Try whether an evaluator keeps the contract: a small evaluation, and odd requests.",
        discussion: """
            The evaluator is started as a worker starts it. Every rule that is tried is printed with ✓ or ✕; the exit status is 1 when one
            is not kept. The rules are those of docs/evaluator-contract.md.
            """)

    @Argument(help: "Its name: `track evaluators list` lists them.")
    var name: String

    @Option(help: "A checkpoint's folder that it can evaluate. (default: an empty folder, for evaluators that read none)")
    var checkpoint: String?

    @Option(help: "Tokens per window; 0 is the model's own maximum.")
    var context: Int = 0

    @Option(help: "Number format of weights and activations.")
    var dtype: ScoringProtocol.DType = .float32

    @Option(help: "Seconds that it may say nothing.")
    var silence: Int = 120

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if context != 0, context < 2 { throw ValidationError("--context must be 0 or at least 2 tokens.") }
        if silence < 1 { throw ValidationError("--silence must be at least 1 second.") }
    }

    func run() async throws {
        let shell = try CommandContext()
        let catalog = try shell.evaluators()
        let folder = try Self.makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let empty = folder + "/checkpoint"
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
        let name = name
        let check = Conformance(
            checkpoint: try weights(checkpoint.map(Self.absolute) ?? empty, try shell.evaluatorFile().entries[name]),
            scoring: ScoringProtocol(context: context, dtype: dtype), folder: folder, silence: .seconds(silence)
        ) {
            try catalog.command(named: name, workingFolder: try Self.makeWorkingFolder(in: folder, for: catalog.user), noteFolder: nil)
        }
        let isPlain = !output.json
        let findings = try await check.run { finding in if isPlain { shell.say(Self.text(finding, shell.look)) } }
        if output.json { try shell.show(findings, as: output) { _ in "" } }
        if findings.contains(where: { !$0.isKept }) { throw ExitCode(CommandStatus.failed.rawValue) }
    }

    /// Only a server's model that stands for one checkpoint is compared with a digest, which takes long for a large one.
    private func weights(_ path: String, _ entry: EvaluatorFile.Entry?) throws -> EvaluationRequest.Weights {
        guard case .served(let settings) = entry, settings.checkpoint != nil else { return .init(path: path, digest: Digest(ofText: path)) }
        return .init(path: path, digest: try CheckpointFolder.read(path: path).checkpoint.digest)
    }

    private static func text(_ finding: ConformanceFinding, _ look: Look) -> String {
        let mark = look.painted(finding.isKept ? "✓" : "✕", finding.isKept ? .green : .red)
        return "\(mark) \(finding.rule.rawValue)" + (finding.detail.map { "\n    \($0)" } ?? "")
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// Readable for the user that runs evaluators.
    private static func makeFolder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "track-check-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard chmod(folder, 0o755) == 0 else { throw CommandFailure("Cannot make \(folder) readable for evaluators.") }
        return folder
    }

    private static func makeWorkingFolder(in folder: String, for user: RunAs?) throws -> String {
        let path = folder + "/" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        if let user, chown(path, user.uid, user.gid) != 0 { throw CommandFailure("Cannot give \(path) to the user that runs evaluators.") }
        return path
    }
}
