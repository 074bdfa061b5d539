package import TrackCore

/// The worker's side of the contract, as a value: lines of the evaluator in, what they mean out. It holds every rule of the contract's
/// section 6.
package struct EvaluationConversation: Sendable {
    /// What a line meant.
    package enum Event: Hashable, Sendable {
        /// The evaluator is ready for a request.
        case ready(EvaluatorHello)
        case progress(JobProgress)
        /// A domain of the request, by index, has its measurement.
        case domain(Int, DomainMeasurement, JobProgress)
        case finished(EvaluationResult)
        /// The evaluator refused; it is ready for the next request.
        case refused(EvaluatorFailure)
    }

    private enum State {
        case starting
        case waiting(EvaluatorHello)
        case evaluating(EvaluatorHello, Evaluation)
        /// A rule was broken; nothing more is believed.
        case broken
    }

    fileprivate struct Evaluation {
        let request: EvaluationRequest
        var loaded: EvaluatorLoaded?
        var domains: [DomainMeasurement?]
        /// Domains, and their tokens, that an earlier attempt measured.
        let resumed: Int
        let tokensBefore: Int64
        var tokensDone: Int64 = 0

        init(_ request: EvaluationRequest, _ known: [Int: DomainMeasurement]) {
            self.request = request
            domains = request.domains.indices.map { known[$0] }
            resumed = known.count
            tokensBefore = domains.reduce(0) { $0 + ($1?.outcome.tokens ?? 0) }
        }

        var progress: JobProgress {
            JobProgress(domainsDone: domains.count { $0 != nil }, domains: domains.count, tokensDone: tokensBefore + tokensDone)
        }
    }

    private var state = State.starting

    package init() {}

    /// What the evaluator said of itself, when it is ready for a request.
    package var ready: EvaluatorHello? {
        if case .waiting(let hello) = state { hello } else { nil }
    }

    /// Takes up a request that is sent now. Nothing happens unless the evaluator is ready.
    ///
    /// - Parameter known: domains by index that the evaluator is not asked for, because an earlier attempt measured them.
    package mutating func begin(_ request: EvaluationRequest, having known: [Int: DomainMeasurement] = [:]) {
        guard case .waiting(let hello) = state else { return }
        state = .evaluating(hello, Evaluation(request, known))
    }

    /// Takes one line of the evaluator's standard output.
    ///
    /// - Throws: The rule that it breaks; the process is of no use then.
    package mutating func receive(_ line: some Sequence<UInt8>) throws(EvaluatorFailure) -> Event {
        do {
            return try receive(EvaluatorMessage(line: line))
        } catch {
            state = .broken
            throw error
        }
    }

    private mutating func receive(_ message: EvaluatorMessage) throws(EvaluatorFailure) -> Event {
        switch (state, message) {
        case (.starting, .hello(let hello)):
            guard hello.contract == 1 else { throw .broken(.version, "it speaks version \(hello.contract)") }
            guard hello.canBeRecorded else { throw .broken(.texts, "its hello does not obey this") }
            state = .waiting(hello)
            return .ready(hello)
        case (.starting, _), (_, .hello): throw .broken(.helloFirst, "it said something else first, or said hello again")
        case (.broken, _): throw .broken(.order, "it went on after a broken rule")
        case (.waiting, _): throw .broken(.order, "it spoke without having been asked")
        case (.evaluating(let hello, var evaluation), _):
            let event = try evaluation.receive(message, from: hello)
            switch event {
            case .finished, .refused: state = .waiting(hello)
            case .ready, .progress, .domain: state = .evaluating(hello, evaluation)
            }
            return event
        }
    }
}

extension EvaluationConversation.Evaluation {
    mutating func receive(
        _ message: EvaluatorMessage, from hello: EvaluatorHello
    ) throws(EvaluatorFailure) -> EvaluationConversation.Event {
        switch message {
        case .hello: throw .broken(.helloFirst, "it said hello again")
        case .error(let refusal):
            try check(refusal.id)
            guard !refusal.message.isEmpty else { throw .broken(.reason, "the error has no message") }
            return .refused(EvaluatorFailure(.refused(refusal.code), refusal.message, retry: refusal.retry))
        case .loaded(let loaded):
            try check(loaded.id)
            guard self.loaded == nil else { throw .broken(.order, "it loaded twice") }
            self.loaded = loaded
            return .progress(progress)
        case .progress(let told):
            try check(told.id)
            tokensDone = max(tokensDone, told.tokensDone)
            return .progress(progress)
        case .domain(let domain):
            try check(domain.id)
            return .domain(domain.index, try keep(domain), progress)
        case .done(let done):
            try check(done.id)
            let kept = domains.compactMap(\.self)
            guard kept.count == domains.count else {
                let missing = zip(domains, request.domains).first { $0.0 == nil }?.1.name.description ?? ""
                throw .broken(.everyDomain, "\(missing) was not")
            }
            var environment = hello.environment
            if let context = loaded?.context { environment["context"] = "\(context)" }
            var effort = done.effort
            if resumed > 0 { effort.resumedDomains = Int64(resumed) }
            return .finished(EvaluationResult(evaluator: hello.label, environment: environment, effort: effort, domains: kept))
        }
    }

    private func check(_ id: String) throws(EvaluatorFailure) {
        guard id == request.id else { throw .broken(.id, "it answered \(id.prefix(60).debugDescription)") }
    }

    private mutating func keep(_ message: EvaluatorDomain) throws(EvaluatorFailure) -> DomainMeasurement {
        guard domains.indices.contains(message.index) else { throw .broken(.index, "there is no domain \(message.index)") }
        let asked = request.domains[message.index]
        guard domains[message.index] == nil else { throw .broken(.domainOnce, "\(asked.name) came twice") }
        let measurement: DomainMeasurement
        switch message.outcome {
        case .failed(let told):
            // What a crash leaves behind can hold NUL, which the database cannot; the hours before it count for more.
            let reason = told.filter { $0 != "\0" }
            guard reason.contains(where: { !$0.isWhitespace }) else { throw .broken(.reason, "\(asked.name) failed without a reason") }
            measurement = DomainMeasurement(domain: asked.name, outcome: .failed(reason: reason))
        case .ok(let scores):
            try Self.check(scores, of: asked)
            var scores = scores
            scores.types = scores.types?.recordable
            if let fault = scores.types?.faults(tokens: scores.totalTokens, nll: scores.totalNLL).first {
                throw .broken(.types, "\(fault.field) of \(asked.name) \(fault.reason)")
            }
            measurement = DomainMeasurement(domain: asked.name, outcome: .measured(scores))
        }
        domains[message.index] = measurement
        return measurement
    }

    private static func check(_ scores: DocumentScores, of asked: EvaluationRequest.Domain) throws(EvaluatorFailure) {
        let lengths = [scores.nll.count, scores.tokens.count, scores.bytes.count, scores.words.count]
        guard lengths.allSatisfy({ $0 == asked.documents }) else {
            throw .broken(
                .lengths, "\(asked.name) has \(asked.documents) documents and came with \(lengths.map(String.init).joined(separator: ", "))"
            )
        }
        if let bad = scores.nll.firstIndex(where: { $0.isNaN || $0 < 0 }) {
            throw .broken(.nll, "document \(bad) of \(asked.name) has \(scores.nll[bad])")
        }
        let counts = 1...Int64(Int32.max)
        if let bad = scores.tokens.firstIndex(where: { !counts.contains($0) }) {
            throw .broken(.tokens, "document \(bad) of \(asked.name) has \(scores.tokens[bad])")
        }
        if let bad = scores.bytes.indices.first(where: { !counts.contains(scores.bytes[$0]) || !counts.contains(scores.words[$0]) }) {
            throw .broken(.counts, "document \(bad) of \(asked.name) has \(scores.bytes[bad]) bytes and \(scores.words[bad]) words")
        }
        guard scores.histogram.count == TokenHistogram.binCount, scores.histogram.allSatisfy({ $0 >= 0 }),
            TokenHistogram.adds(scores.histogram, upTo: scores.tokens.reduce(0, &+))
        else {
            throw .broken(.histogram, "that of \(asked.name) does not")
        }
    }
}

extension DomainMeasurement.Outcome {
    fileprivate var tokens: Int64 {
        if case .measured(let scores) = self { scores.totalTokens } else { 0 }
    }
}
