import FoundationEssentials
import TrackCore
package import TrackEvaluators

/// Speaks the evaluator contract for a running server: it cuts documents into windows of token ids, has the server tell their
/// log-probabilities, and adds them up by document. One request at a time.
package actor ServedEvaluator {
    private let settings: ServedSettings
    private let token: String?
    private let environment: [String: String]
    /// Seconds of the first wait after a failed request.
    private let firstDelay: Double
    private let send: @Sendable (ServedMessage) -> Void
    private var known: (key: ProbeKey, finding: ServerProbe.Finding)?

    /// What a finding of the probe holds for.
    private struct ProbeKey: Hashable {
        let facts: ServerFacts
        let digest: String
        let longest: Int
        let prefix: ServedProtocol.Prefix
    }

    /// - Parameter environment: of this process; the Python that tokenises gets it, without the secrets.
    package init(
        _ settings: ServedSettings, token: String?, environment: [String: String], firstDelay: Double = 0.5,
        send: @escaping @Sendable (ServedMessage) -> Void
    ) {
        self.settings = settings
        self.token = token
        self.environment = environment
        self.firstDelay = firstDelay
        self.send = send
    }

    package func greet(version: String) {
        send(.hello(version: version, environment: ["server": settings.api.rawValue, "server_host": host]))
    }

    /// Answers one line of the worker's.
    package func answer(_ line: [UInt8]) async {
        do {
            let request = try ServedRequest(line: line)
            let progress = ServedProgress(id: request.id, send: send)
            let connection = ServerConnection(settings, token: token, firstDelay: firstDelay) { _ in progress.tell() }
            let result: Result<Void, any Error>
            do { result = .success(try await evaluate(request, connection, progress)) } catch { result = .failure(error) }
            await connection.shutDown()
            try result.get()
        } catch let refusal as ServedRefusal {
            send(.error(id: ServedRequest.id(of: line), refusal))
        } catch {
            send(.error(id: ServedRequest.id(of: line), refusal(for: error)))
        }
    }

    private var host: String {
        let parts = URL(string: settings.url)
        return (parts?.host ?? settings.url) + (parts?.port.map { ":\($0)" } ?? "")
    }

    private func refusal(for error: any Error) -> ServedRefusal {
        switch error {
        case ServerFault.gone(let words), ServerFault.failing(_, let words):
            ServedRefusal(.internal, retry: true, "The server at \(settings.url) \(words). Look at its log, and that it still runs.")
        case ServerFault.refused(let status, let words) where status == 401 || status == 403:
            ServedRefusal(.internal, "The server at \(settings.url) \(words). Give its token with tokenFile.")
        case ServerFault.refused(_, let words):
            ServedRefusal(.internal, "The server at \(settings.url) \(words). Check url and api in the evaluators' file.")
        case AnswerFault.unfit(let reason): ServedRefusal.unfit("it \(reason).")
        default: ServedRefusal(.internal, retry: true, "the evaluation stopped unexpectedly: \(error)")
        }
    }

    // MARK: - One evaluation

    private func evaluate(_ request: ServedRequest, _ connection: ServerConnection, _ progress: ServedProgress) async throws {
        let began = ContinuousClock.now
        guard request.scoring.dtype == settings.dtype.rawValue else {
            throw ServedRefusal.unsupported(
                "the protocol's dtype is \(request.scoring.dtype), and the server computes in \(settings.dtype.rawValue) "
                    + "by the evaluators' file")
        }
        let checkpoint = try CheckpointFacts(folder: request.path)
        let facts = try await ServerFacts.ask(connection, path: request.path, digest: request.digest)
        let context = try resolved(request, checkpoint, facts)
        let evaluation = Evaluation(
            request: request, began: began, facts: facts, context: context, prefix: try prefix(request, checkpoint), progress: progress)
        switch settings.tokenizer {
        case .server:
            guard let tokenizer = try await ServerTokenizer.find(connection, model: facts.model, prefix: checkpoint.prefix) else {
                throw ServedRefusal.unfit(
                    "it has no tokenize endpoint. Set tokenizer to checkpoint, or to a folder with its tokenizer.json.")
            }
            try await evaluate(evaluation, connection, tokenizer)
        case .checkpoint: try await evaluate(evaluation, connection, tokenizerIn: request.path)
        case .folder(let path): try await evaluate(evaluation, connection, tokenizerIn: path)
        }
    }

    private struct Evaluation {
        let request: ServedRequest
        let began: ContinuousClock.Instant
        let facts: ServerFacts
        /// Tokens, the protocol's 0 resolved.
        let context: Int
        /// Nil where the tokenizer alone says what stands before a document.
        let prefix: Int?
        let progress: ServedProgress

        /// Tokens of the longest prompt: a window's input and the token that its last prediction is about.
        var longest: Int { if case .strided = request.scoring.windows { context } else { context + 1 } }
    }

    private func evaluate(_ evaluation: Evaluation, _ connection: ServerConnection, tokenizerIn folder: String) async throws {
        let command = LocalTokenizer.command(folder: folder, environment: environment)
        _ = try await GuardedProcess.run(command) { process in
            try await self.evaluate(evaluation, connection, try await LocalTokenizer(process))
        }
    }

    private func evaluate(_ evaluation: Evaluation, _ connection: ServerConnection, _ tokenizer: some TextTokenizer) async throws {
        let (request, progress) = (evaluation.request, evaluation.progress)
        if request.scoring.windows == .truncated, !tokenizer.tellsEnds {
            throw ServedRefusal.unsupported(
                "truncated windows need a tokenizer that tells which bytes its tokens cover, and the server's does not; "
                    + "set tokenizer to checkpoint")
        }
        let finding = try await probe(evaluation, connection, tokenizer)
        send(.loaded(
            id: request.id, context: evaluation.context, prefix: evaluation.prefix,
            environment: describe(evaluation.facts, finding, tokenizer), seconds: seconds(since: evaluation.began)))
        let proof = finding.takesTextOnly
            ? try await ServerTokenizer.find(connection, model: evaluation.facts.model, prefix: evaluation.prefix) : nil
        let reader = DomainReader(
            scoring: request.scoring, context: evaluation.context, prefix: evaluation.prefix, tokenizer: tokenizer,
            proof: proof, progress: progress)
        let scorer = DomainScorer(
            connection: connection, model: evaluation.facts.model, scoring: request.scoring, context: evaluation.context,
            known: finding.prompt, progress: progress)
        var lines = try DocumentLines(path: request.documents)
        for domain in request.domains {
            let began = ContinuousClock.now
            progress.begin(domain: domain.index)
            do {
                let scores = try await scorer.score(try await reader.read(domain, from: &lines))
                send(.domain(id: request.id, index: domain.index, scores, seconds: seconds(since: began)))
            } catch let failure as DomainFailure {
                send(.failedDomain(id: request.id, index: domain.index, reason: failure.reason, seconds: seconds(since: began)))
            }
        }
        try lines.checkEnd()
        send(.done(id: request.id, tokens: progress.tokensDone, seconds: seconds(since: evaluation.began)))
    }

    private func resolved(_ request: ServedRequest, _ checkpoint: CheckpointFacts, _ facts: ServerFacts) throws -> Int {
        var context = request.scoring.context
        if context == 0 {
            guard let longest = checkpoint.longest else {
                throw ServedRefusal.unsupported(
                    "\(request.path) states no max_position_embeddings, so context 0 (the model's own maximum) means nothing")
            }
            context = longest
        } else if let longest = checkpoint.longest, context > longest {
            throw ServedRefusal.unsupported(
                "the protocol's context of \(context) tokens is longer than the \(longest) that \(request.path) was made for")
        }
        let isStrided = if case .strided = request.scoring.windows { true } else { false }
        let extra = (isStrided ? [] : ["the token that its last prediction is about"]) + ["the one that is generated"]
        let needed = context + extra.count
        if let longest = facts.longest, needed > longest {
            let endsThere = checkpoint.longest.map { needed > $0 } ?? false
            throw ServedRefusal.unsupported(
                "a context of \(context) tokens needs room for \(needed) in one request, with \(extra.joined(separator: " and ")), and the "
                    + "server takes \(longest). "
                    + (endsThere ? "The model is made for no more: evaluate" : "Start it with more (vLLM: --max-model-len), or evaluate")
                    + " with a context of at most \(longest - extra.count) (--context \(longest - extra.count))")
        }
        return context
    }

    private func prefix(_ request: ServedRequest, _ checkpoint: CheckpointFacts) throws -> Int? {
        guard request.scoring.prefix == .bosOrEos else { return nil }
        guard let prefix = checkpoint.prefix else {
            throw ServedRefusal.unsupported(
                "the tokenizer in \(request.path) has neither a BOS nor an EOS token, and the protocol's prefix is one of them")
        }
        return prefix
    }

    /// Before the first evaluation of a checkpoint and context, and again when the server says something else of itself.
    private func probe(
        _ evaluation: Evaluation, _ connection: ServerConnection, _ tokenizer: some TextTokenizer
    ) async throws -> ServerProbe.Finding {
        let key = ProbeKey(
            facts: evaluation.facts, digest: evaluation.request.digest, longest: evaluation.longest,
            prefix: evaluation.request.scoring.prefix)
        if let known, known.key == key { return known.finding }
        known = nil
        let (facts, prefix) = (evaluation.facts, evaluation.prefix)
        let probe = ServerProbe(
            connection: connection, model: facts.model,
            tokenize: { text in
                let tokens = try await tokenizer.encode(text, special: prefix == nil).ids
                return prefix.map { [$0] + tokens } ?? tokens
            },
            serverReads: { text in
                let own = try await ServerTokenizer.find(connection, model: facts.model, prefix: prefix)
                return try await own?.encode(text, special: true).ids
            })
        let finding = try await probe.run(longest: evaluation.longest)
        known = (key, finding)
        return finding
    }

    private func describe(_ facts: ServerFacts, _ finding: ServerProbe.Finding, _ tokenizer: some TextTokenizer) -> [String: String] {
        var texts = [
            "server_model": facts.model, "server_concurrency": "\(settings.concurrency)", "tokenizer": tokenizer.name,
            "repeat_difference": "\(finding.repeatDifference)",
        ]
        texts["server_version"] = facts.version
        texts["server_root"] = facts.root
        return texts
    }

    private func seconds(since start: ContinuousClock.Instant) -> Double {
        let duration = (ContinuousClock.now - start).components
        return Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
    }
}
