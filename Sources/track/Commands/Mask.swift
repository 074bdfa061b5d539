import ArgumentParser
import FoundationEssentials
import Synchronization
import TrackClient
import TrackCore
import TrackEvaluators

struct Mask: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find the tokens of training data that a base model finds hard, so that fine-tuning can leave them out.",
        discussion: """
            Selective token masking (arXiv 2501.14315). A token is masked when its perplexity under the checkpoint before fine-tuning is \
            at or above tau. track_evaluator.collator.MaskedCollator applies the masks in a Hugging Face Trainer. The file appears when it \
            is whole; after an interruption the command is simply given again.
            """)

    @Option(help: LocalCheckpoint.help)
    var checkpoint: String

    @Option(help: "Training examples, JSON Lines with text, with messages, with prompt and completion, or with input_ids.")
    var data: String

    @Option(help: "The file of masks to write.")
    var out: String

    @Option(help: "Tokens of this perplexity or more are masked.")
    var tau = 2.5

    @Option(help: "Tokens to which the training cuts its examples; 0 is the model's own maximum.")
    var maxLength = 0

    @Option(help: "float32, bfloat16 or float16.")
    var dtype = ScoringProtocol.DType.float32

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard tau > 1, tau.isFinite else { throw ValidationError("--tau is a perplexity above 1.") }
        guard maxLength == 0 || maxLength >= 2 else { throw ValidationError("--max-length must be 0 or at least 2 tokens.") }
    }

    func run() async throws {
        let context = try CommandContext()
        let base = try await LocalCheckpoint.found(checkpoint, context)
        let catalog = try context.ownEvaluator()
        let writing = MaskWriting(file: try WholeFile(out), context)
        do {
            try await EvaluatorCommand.run(
                [
                    "mask", "--checkpoint", base.path, "--data", LocalCheckpoint.absolute(data), "--tau", "\(tau)", "--max-length",
                    "\(maxLength)", "--dtype", dtype.rawValue,
                ], of: catalog
            ) { line in try writing.take(line) }
            try context.show(try writing.finish(), as: output) {
                MaskText.summary($0, tau: tau, checkpoint: base.label, out: out)
            }
        } catch {
            writing.discard()
            throw error
        }
    }
}

/// Takes the evaluator's lines one after the other: masks into the file, the rest to the person.
private final class MaskWriting: Sendable {
    private struct State {
        let file: WholeFile
        let progress: ProgressLine
        var summary: MaskSummary?
        var told = 0
    }

    /// Lines that are no example are named one by one so often.
    private static let namedSkips = 10

    private let state: Mutex<State>
    private let context: CommandContext

    init(file: sending WholeFile, _ context: CommandContext) {
        state = Mutex(State(file: file, progress: ProgressLine(context)))
        self.context = context
    }

    func take(_ line: [UInt8]) throws {
        let line = try MaskLine(line)
        try state.withLock { state in
            switch line {
            case .record(let bytes): try state.file.write(bytes + [UInt8(ascii: "\n")])
            case .progress(let summary): state.progress.show(MaskText.progress(summary))
            case .skipped(let skipped):
                state.told += 1
                guard state.told <= Self.namedSkips else { return }
                state.progress.clear()
                context.note("Line \(skipped.line) \(skipped.reason); it was skipped.")
            case .done(let summary): state.summary = summary
            }
        }
    }

    /// - Throws: when the evaluator ended without saying that it was done.
    func finish() throws -> MaskSummary {
        try state.withLock { state in
            state.progress.clear()
            guard let summary = state.summary else {
                throw CommandFailure("The evaluator ended without a summary, so that the masks may not be whole; nothing was written.")
            }
            guard summary.examples > 0 else { throw CommandFailure("There is no example in the data; nothing was written.") }
            try state.file.finish()
            return summary
        }
    }

    func discard() {
        state.withLock { state in
            state.progress.clear()
            state.file.discard()
        }
    }
}
