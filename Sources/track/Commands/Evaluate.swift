import ArgumentParser
import FoundationEssentials
import TrackClient
import TrackCore

extension ScoringProtocol.Scoring: ExpressibleByArgument {}
extension ScoringProtocol.Windows: ExpressibleByArgument {}
extension ScoringProtocol.Prefix: ExpressibleByArgument {}
extension ScoringProtocol.DType: ExpressibleByArgument {}

struct Evaluate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Queue an evaluation of a registered checkpoint.")

    @Argument(help: CheckpointReference.help)
    var checkpoint: String

    @Option(help: "The domain set. (default: the lineage's)")
    var domainSet: String?

    @Option(help: "Which tokens count. (default: the daemon's)")
    var scoring: ScoringProtocol.Scoring?

    @Option(help: "How a document is cut to the model's input. (default: the daemon's)")
    var windows: ScoringProtocol.Windows?

    @Option(help: "With strided windows: tokens from one window's begin to the next one's.")
    var stride: Int?

    @Option(help: "What stands before a document's first token. (default: the daemon's)")
    var prefix: ScoringProtocol.Prefix?

    @Option(help: "Tokens per window; 0 is the model's own maximum. (default: the daemon's)")
    var context: Int?

    @Option(help: "Number format of weights and activations. (default: the daemon's)")
    var dtype: ScoringProtocol.DType?

    @Flag(help: "Wait until it is done.")
    var wait = false

    @Option(help: "With --wait: give up waiting after so many seconds; the job goes on.")
    var timeout: Int?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let context, context != 0, context < 2 { throw ValidationError("--context must be 0 or at least 2 tokens.") }
        if let stride, stride < 1 { throw ValidationError("--stride must be at least 1 token.") }
        if let timeout, timeout < 1 { throw ValidationError("--timeout must be at least 1 second.") }
        if timeout != nil, !wait { throw ValidationError("--timeout goes with --wait.") }
    }

    func run() async throws {
        let shell = try CommandContext()
        let request = EvaluateRequest(checkpoint: checkpoint, domainSet: domainSet, scoring: choice, request: UUID())
        let job = try await shell.withClient { client in
            var client = client
            // A daemon that starts again in between must not end the wait.
            client.retry = RetryPolicy(tries: wait ? 8 : 1)
            let job = try await client.evaluate(request)
            guard wait else { return job }
            let ended = try await end(of: job, client, shell)
            if let run = ended.run { try Self.check(try await client.run(run)) }
            return ended
        }
        try shell.show(job, as: output) { wait ? done($0) : JobText.next($0) }
    }

    private var choice: ProtocolChoice? {
        let choice = ProtocolChoice(scoring: scoring, windows: windows, stride: stride, context: context, prefix: prefix, dtype: dtype)
        return choice == ProtocolChoice() ? nil : choice
    }

    private func end(of first: JobView, _ client: DaemonClient, _ shell: CommandContext) async throws -> JobView {
        let progress = ProgressLine(shell)
        defer { progress.clear() }
        let deadline = timeout.map { ContinuousClock.now + .seconds($0) }
        var job = first
        while job.state.isOpen {
            if let deadline, ContinuousClock.now >= deadline {
                progress.clear()
                throw CommandFailure(
                    "Job \(job.id) is not done after \(timeout ?? 0) s (\(job.state.rawValue)). It goes on; `track jobs` shows it.")
            }
            progress.show(JobText.progress(job))
            try await Task.sleep(for: .milliseconds(500))
            job = try await client.job(job.id)
        }
        guard job.state == .succeeded else {
            let end = job.state == .cancelled ? "was cancelled" : "failed"
            throw CommandFailure("Job \(job.id) \(end)\(job.lastError.map { ": " + $0 } ?? ".")")
        }
        return job
    }

    /// A domain without a number is no success, though the run that says so is recorded.
    private static func check(_ run: RunView) throws {
        let failed = run.domains.filter { $0.failure != nil }
        guard let first = failed.first, let reason = first.failure else { return }
        let more = failed.count > 1 ? " (and \(failed.count - 1) more)" : ""
        throw CommandFailure(
            "\(run.checkpoint): \(failed.count) of \(run.domains.count) domains failed: \(reason)\(more). "
                + "The run \(run.id) is recorded with these failures; mend the checkpoint or the set and evaluate again.")
    }

    private func done(_ job: JobView) -> String {
        let run = job.run.map { " (run \($0))" } ?? ""
        return "\(job.checkpoint) is evaluated on \(job.domainSet)\(run). `track show \(job.checkpoint)` shows its numbers."
    }
}
