import FoundationEssentials
package import TrackCore

/// Tries whether a program keeps the evaluator contract: one small evaluation, and the odd requests at which programs differ.
package struct Conformance: Sendable {
    private let command: @Sendable () throws -> GuardedCommand
    private let checkpoint: EvaluationRequest.Weights
    private let scoring: ScoringProtocol
    private let folder: String
    private let silence: Duration

    /// - Parameters:
    ///   - checkpoint: a folder that the evaluator can evaluate.
    ///   - folder: for documents' files; the evaluators' user can read what is in it.
    ///   - silence: how long the evaluator may say nothing.
    ///   - command: starts the evaluator; called once per process.
    package init(
        checkpoint: EvaluationRequest.Weights, scoring: ScoringProtocol, folder: String, silence: Duration,
        command: @escaping @Sendable () throws -> GuardedCommand
    ) {
        self.checkpoint = checkpoint
        self.scoring = scoring
        self.folder = folder
        self.silence = silence
        self.command = command
    }

    /// Tries every rule. An evaluator that was lost on the way is started again for the next one.
    ///
    /// - Parameter report: hears of every rule when it is decided.
    package func run(_ report: @Sendable (ConformanceFinding) -> Void) async throws -> [ConformanceFinding] {
        let sample = ConformanceSample(checkpoint: checkpoint, scoring: scoring, folder: folder)
        var findings: [ConformanceFinding] = []
        func found(_ finding: ConformanceFinding) {
            findings.append(finding)
            report(finding)
        }
        var waiting = ConformanceRule.allCases.filter { $0 != .hello && $0 != .ends && $0 != .endsBusy }
        var saidHello: ConformanceFinding?
        var cleanEnd: GuardedProcess.ExitStatus?
        while !waiting.isEmpty {
            let rules = waiting
            let ended = try await GuardedProcess.run(try command()) { process in
                await converse(process, rules, sample)
            }
            if saidHello == nil {
                saidHello = ended.value.hello
                found(ended.value.hello)
            }
            ended.value.findings.forEach(found)
            waiting.removeFirst(ended.value.findings.count)
            if ended.value.hello.isKept == false {
                waiting.forEach { found(ConformanceFinding($0, "it never said hello")) }
                return findings + [ConformanceFinding(.ends, "it never said hello"), ConformanceFinding(.endsBusy, "it never said hello")]
            }
            if waiting.isEmpty { cleanEnd = ended.status }
        }
        found(ConformanceFinding(.ends, cleanEnd.flatMap(Self.fault)))
        found(try await endsBusy(sample))
        return findings
    }

    private struct Conversation: Sendable {
        var hello: ConformanceFinding
        var findings: [ConformanceFinding] = []
    }

    /// Tries the rules until the evaluator is lost.
    private func converse(_ process: GuardedProcess, _ rules: [ConformanceRule], _ sample: ConformanceSample) async -> Conversation {
        var talk = ConformanceTalk(process, silence: silence)
        do {
            try await talk.greet()
        } catch {
            return Conversation(hello: ConformanceFinding(.hello, Self.words(for: error)))
        }
        var conversation = Conversation(hello: ConformanceFinding(.hello))
        for rule in rules {
            do {
                try await attempt(rule, sample, &talk)
                conversation.findings.append(ConformanceFinding(rule))
            } catch {
                conversation.findings.append(ConformanceFinding(rule, Self.words(for: error)))
                guard error is ConformanceTalk.Unkept else { return conversation }
            }
        }
        return conversation
    }

    private func attempt(_ rule: ConformanceRule, _ sample: ConformanceSample, _ talk: inout ConformanceTalk) async throws {
        switch rule {
        case .measures: _ = try await scores(sample.request("small"), &talk)
        case .counts: try Self.checkCounts(try await scores(sample.request("counts"), &talk))
        case .repeats:
            let (first, second) = (try await scores(sample.request("first"), &talk), try await scores(sample.request("second"), &talk))
            for (a, b) in zip(first, second) { try Self.checkEqual(a, b, "the same request") }
        case .alone: try await checkAlone(sample, &talk)
        case .emptyDomain:
            try await checkFailure([("prose/none", [])] + ConformanceSample.usual, named: "prose/none", sample, rule, &talk)
        case .emptyDocument:
            try await checkFailure(
                [("prose/empty", ["Not empty.", ""])] + ConformanceSample.usual, named: "prose/empty", sample, rule, &talk)
        case .unknownValue:
            let line = try Self.replaced(sample.request("value"), #""dtype":"\#(scoring.dtype.rawValue)""#, #""dtype":"float99""#)
            try Self.check(try await talk.refusal(of: line), "value", [.protocolUnsupported])
        case .unknownKey:
            let line = try Self.replaced(sample.request("key"), #""rule":1"#, #""rule":1,"unheard_of":true"#)
            try Self.check(try await talk.refusal(of: line), "key", [.protocolUnsupported])
        case .missingKey:
            let line = try Self.replaced(sample.request("missing"), #""prefix":"\#(scoring.prefix.rawValue)","#, "")
            try Self.check(try await talk.refusal(of: line), "missing", [.protocolUnsupported])
        case .noCheckpoint:
            let gone = ConformanceSample(
                checkpoint: .init(path: checkpoint.path + "-not-there", digest: checkpoint.digest), scoring: scoring, folder: folder)
            try Self.check(try await talk.refusal(of: try gone.request("gone").line()), "gone", [.checkpointUnreadable])
        case .noDocuments:
            let request = try sample.request("nothing")
            try FileManager.default.removeItem(atPath: request.documents)
            try Self.check(try await talk.refusal(of: try request.line()), "nothing", nil)
        case .noRequest:
            try Self.check(try await talk.refusal(of: Array("{\"type\":\"evaluate\", and no more\n".utf8)), nil, [.internal])
        case .goesOn: _ = try await scores(sample.request("again"), &talk)
        case .manyDomains:
            let many = (0..<300).map { ("many/domain-\($0)", ["Document number \($0) of three hundred."]) }
            _ = try await scores(sample.request("many", many), &talk)
        case .hello, .ends, .endsBusy: break
        }
    }

    /// All domains measured.
    private func scores(_ request: EvaluationRequest, _ talk: inout ConformanceTalk) async throws -> [DocumentScores] {
        try await talk.evaluate(request).map { measurement in
            switch measurement.outcome {
            case .measured(let scores): return scores
            case .failed(let reason): throw ConformanceTalk.Unkept(detail: "\(measurement.domain) failed: \(reason)")
            }
        }
    }

    private func checkAlone(_ sample: ConformanceSample, _ talk: inout ConformanceTalk) async throws {
        let together = try await scores(sample.request("together"), &talk)
        let domain = ConformanceSample.usual[0]
        let turned = try await scores(sample.request("turned", [(domain.name, domain.documents.reversed())]), &talk)
        guard let first = together.first, let last = turned.first else { return }
        let restored = DocumentScores(
            nll: last.nll.reversed(), tokens: last.tokens.reversed(), bytes: last.bytes.reversed(), words: last.words.reversed(),
            histogram: last.histogram)
        try Self.checkEqual(first, restored, "the same documents in another order")
    }

    private func checkFailure(
        _ domains: [ConformanceSample.Domain], named name: String, _ sample: ConformanceSample, _ rule: ConformanceRule,
        _ talk: inout ConformanceTalk
    ) async throws {
        for measurement in try await talk.evaluate(try sample.request(rule == .emptyDomain ? "no-documents" : "no-text", domains)) {
            switch (measurement.domain.description == name, measurement.outcome) {
            case (true, .measured): throw ConformanceTalk.Unkept(detail: "\(name) was measured")
            case (false, .failed(let reason)): throw ConformanceTalk.Unkept(detail: "\(measurement.domain) failed too: \(reason)")
            case (true, .failed(let reason)):
                guard reason.contains(name) else { throw ConformanceTalk.Unkept(detail: "the reason does not name \(name): \(reason)") }
            case (false, .measured): break
            }
        }
    }

    /// In a process of its own, whose input ends right after a long request.
    private func endsBusy(_ sample: ConformanceSample) async throws -> ConformanceFinding {
        let request = try sample.request("long", ConformanceSample.long)
        let ended = try await GuardedProcess.run(try command()) { process -> String? in
            var talk = ConformanceTalk(process, silence: silence)
            do {
                try await talk.greet()
                try await talk.write(try request.line())
                return nil
            } catch {
                return Self.words(for: error)
            }
        }
        return ConformanceFinding(.endsBusy, ended.value ?? Self.fault(ended.status))
    }

    // MARK: - Judging

    private static func checkCounts(_ found: [DocumentScores]) throws {
        for (domain, scores) in zip(ConformanceSample.usual, found) {
            let bytes = domain.documents.map { Int64($0.utf8.count) }
            let words = domain.documents.map(PythonWords.count)
            guard scores.bytes == bytes else {
                throw ConformanceTalk.Unkept(detail: "\(domain.name) has \(bytes) UTF-8 bytes, and it counted \(scores.bytes)")
            }
            guard scores.words == words else {
                throw ConformanceTalk.Unkept(detail: "\(domain.name) has \(words) words, and it counted \(scores.words)")
            }
        }
    }

    /// Equal up to a thousandth, which is more than any batch size does to half precision.
    private static func checkEqual(_ a: DocumentScores, _ b: DocumentScores, _ what: String) throws {
        guard a.tokens == b.tokens else { throw ConformanceTalk.Unkept(detail: "\(what) gave \(a.tokens) tokens, then \(b.tokens)") }
        for (x, y) in zip(a.nll, b.nll) where abs(x - y) > 1e-3 * max(1, abs(x)) {
            throw ConformanceTalk.Unkept(detail: "\(what) gave \(x) nats, then \(y)")
        }
    }

    private static func check(_ refusal: EvaluatorRefusal, _ id: String?, _ codes: [EvaluatorRefusal.Code]?) throws {
        if let id, refusal.id != id { throw ConformanceTalk.Unkept(detail: "its error carries the id \(refusal.id.debugDescription)") }
        if let codes, !codes.contains(refusal.code) {
            throw ConformanceTalk.Unkept(detail: "it refused as \(refusal.code.rawValue): \(refusal.message)")
        }
        guard !refusal.message.isEmpty else { throw ConformanceTalk.Unkept(detail: "its error has no message") }
    }

    private static func replaced(_ request: EvaluationRequest, _ old: String, _ new: String) throws -> [UInt8] {
        Array(String(decoding: try request.line(), as: UTF8.self).replacing(old, with: new).utf8)
    }

    private static func fault(_ status: GuardedProcess.ExitStatus) -> String? {
        switch status {
        case .exited(0): nil
        case .exited(let code): "it ended with status \(code)"
        case .signalled: "it did not end, and was killed five seconds later"
        }
    }

    private static func words(for error: any Error) -> String {
        switch error {
        case let unkept as ConformanceTalk.Unkept: unkept.detail
        case let lost as ConformanceTalk.Lost: lost.detail
        default: "\(error)"
        }
    }
}
