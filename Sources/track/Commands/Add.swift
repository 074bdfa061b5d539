import ArgumentParser
import FoundationEssentials
import TrackClient
import TrackCore
import TrackEvaluators

struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Register a checkpoint folder and queue its evaluation.",
        discussion: """
            Step, lineage, tokenizer, parameters and the digest of the content are read from the folder. The same checkpoint again is
            recognised by its digest. When the daemon is away, the checkpoint waits in the spool until `track sync`.
            """)

    @Argument(help: "The checkpoint's folder, for example out/checkpoint-120.")
    var path: String

    @Option(help: "The lineage that it belongs to. (default: by the folder's name)")
    var lineage: String?

    @Option(help: "Its name in the lineage. (default: the folder's)")
    var name: String?

    @Flag(help: "Make it the lineage's baseline; the first checkpoint of a lineage is one anyway.")
    var baseline = false

    @Option(
        parsing: .upToNextOption,
        help: "Domains that the lineage is trained on, as source/domain or source/*, after the path. All others are out of domain.")
    var inDomain: [String] = []

    @Option(help: "The lineage's domain set from now on.")
    var domainSet: String?

    @Option(help: "The lineage's evaluator from now on, by its name on the workers. (default: transformers)")
    var evaluator: String?

    @Option(
        help: """
            Say of the lineage whether tokenization, maximum length and the order of its training data are the same as those of what it is \
            compared with: fixed or unknown. Its cards show it.
            """)
    var trainingOrder: TrainingOrder?

    @Option(help: "The checkpoint that it was trained from. (default: the lineage's one with the next lower step)")
    var parent: String?

    @Flag(name: .customLong("no-evaluate"), help: "Do not queue an evaluation.")
    var skipsEvaluation = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let context = try CommandContext()
        let spool = try context.spool()
        let found = try read(context)
        let request = try request(for: found)
        let record = SpoolRecord(request, at: Timestamp(Date()))
        do {
            let (answer, parent) = try await context.withClient { client in
                let answer = try await client.addCheckpoint(request)
                // The copy is for a daemon that is restored to an older state. The checkpoint is registered with or without it.
                try? spool.keep(record, acknowledgedUnder: client.epoch)
                return (answer, await parentName(of: answer.checkpoint, client))
            }
            try context.show(answer, as: output) { CheckpointText.added($0, parent: parent, notes: found.notes) }
        } catch let error where RetryPolicy.isTransient(error) {
            try spool.write(record)
            throw CommandFailure(
                """
                \(error)
                The record is in the spool: \(request.lineage)/\(request.checkpoint.name) (\(CheckpointText.facts(request.checkpoint))). \
                It will be delivered by `track sync`.
                """, status: .daemonUnreachable)
        }
    }

    private func read(_ context: CommandContext) throws -> CheckpointFolderDescription {
        let progress = ProgressLine(context)
        defer { progress.clear() }
        return try CheckpointFolder.read(path: path) { state in
            progress.show("reading \(path): \(NumberText.bytes(state.bytesDone)) of \(NumberText.bytes(state.bytes))")
        }
    }

    private func request(for found: CheckpointFolderDescription) throws -> AddCheckpointRequest {
        var description = found.checkpoint
        description.name = name ?? description.name
        if name == nil, let valid = Name.slug(of: description.name) { description.name = valid }
        guard let lineage = lineage ?? found.lineage else {
            throw ValidationError("No lineage can be named after the folder: give one with --lineage.")
        }
        var request = AddCheckpointRequest(
            lineage: lineage, checkpoint: description, parent: parent, baseline: baseline, inDomain: inDomain, domainSet: domainSet,
            evaluator: evaluator, evaluate: !skipsEvaluation)
        request.trainingOrder = trainingOrder
        return request
    }

    /// Only for the sentence: what is registered is registered, whether the parent's name can be had or not.
    private func parentName(of checkpoint: Checkpoint, _ client: DaemonClient) async -> String? {
        guard let parent = checkpoint.parent, let view = try? await client.checkpoint("\(parent)") else { return nil }
        return view.checkpoint.lineage == checkpoint.lineage ? view.checkpoint.description.name : view.checkpoint.label
    }
}
