import TrackCore

/// One running evaluator that is tried: what is asked, and what came back.
struct ConformanceTalk {
    /// The evaluator answered something that it must not, in words; it may be asked on.
    struct Unkept: Error {
        let detail: String
    }

    /// The process is of no use any more.
    struct Lost: Error {
        let detail: String
    }

    private let process: GuardedProcess
    private let silence: Duration
    private var conversation = EvaluationConversation()

    init(_ process: GuardedProcess, silence: Duration) {
        self.process = process
        self.silence = silence
    }

    /// Hears the hello.
    mutating func greet() async throws {
        let line = try await nextLine()
        do {
            _ = try conversation.receive(line)
        } catch {
            throw Lost(detail: error.description)
        }
    }

    /// Asks, and hears the answer out.
    ///
    /// - Throws: ``Unkept`` when it refuses, ``Lost`` when it breaks a rule of the contract or ends.
    mutating func evaluate(_ request: EvaluationRequest) async throws -> [DomainMeasurement] {
        conversation.begin(request)
        try await write(try request.line())
        while true {
            let line = try await nextLine()
            let event: EvaluationConversation.Event
            do { event = try conversation.receive(line) } catch { throw Lost(detail: error.description) }
            switch event {
            case .ready, .progress, .domain: break
            case .finished(let result): return result.domains
            case .refused(let failure): throw Unkept(detail: "it refused: \(failure.description)")
            }
        }
    }

    /// Sends a line that must be refused, and hears how it is.
    mutating func refusal(of line: [UInt8]) async throws -> EvaluatorRefusal {
        try await write(line)
        while true {
            let answer = try await nextLine()
            let message: EvaluatorMessage
            do { message = try EvaluatorMessage(line: answer) } catch { throw Lost(detail: error.description) }
            switch message {
            case .error(let refusal): return refusal
            case .done: throw Unkept(detail: "it measured as if nothing were wrong")
            case .hello, .loaded, .progress, .domain: break
            }
        }
    }

    func write(_ line: [UInt8]) async throws {
        do {
            try await process.write(line)
        } catch GuardedProcessError.inputClosed {
            throw Lost(detail: "it closed its standard input" + lastWords)
        }
    }

    private func nextLine() async throws -> [UInt8] {
        let (process, silence) = (process, silence)
        let line = try await withThrowingTaskGroup(of: [UInt8]??.self) { group in
            group.addTask {
                do {
                    return .some(try await process.lines.next())
                } catch let error as GuardedProcessError {
                    throw Lost(detail: error.description)
                }
            }
            group.addTask {
                try await Task.sleep(for: silence)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let line else { throw Lost(detail: "it said nothing for \(silence.components.seconds) s") }
        guard let line else { throw Lost(detail: "it ended" + lastWords) }
        return line
    }

    private var lastWords: String {
        let words = process.errorTail.split(separator: "\n").suffix(3).joined(separator: " / ")
        return words.isEmpty ? "; it wrote nothing to standard error" : "; last on standard error: \(words)"
    }
}
