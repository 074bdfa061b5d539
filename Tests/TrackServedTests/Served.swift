import FoundationEssentials
import Synchronization
import TrackCore
import TrackEvaluators

@testable import TrackServed

/// One evaluation by a fake server, as the worker hears it.
struct Served {
    var texts: [[String]] = [["Plain text.", "Zwölf\nBoxkämpfer  jagen."], ["def f(x):\n    return x\n"]]
    var scoring = #"{"scoring":"all-tokens","windows":"disjoint","context":16,"prefix":"bos-or-eos","dtype":"float32","rule":1}"#
    /// Members of the settings beside url, api, dtype and tokenizer.
    var settings = #""tries":3"#
    var api = "vllm"
    var token: String?
    var digest = Digest(ofText: "tiny")

    struct Heard {
        var events: [EvaluationConversation.Event] = []
        var result: EvaluationResult? {
            events.compactMap { if case .finished(let result) = $0 { result } else { nil } }.first
        }
        var refusal: EvaluatorFailure? {
            events.compactMap { if case .refused(let failure) = $0 { failure } else { nil } }.first
        }
        func scores(_ domain: Int) -> DocumentScores? {
            guard let result, case .measured(let scores) = result.domains[domain].outcome else { return nil }
            return scores
        }
        func failure(_ domain: Int) -> String? {
            guard let result, case .failed(let reason) = result.domains[domain].outcome else { return nil }
            return reason
        }
    }

    /// The folder of a checkpoint whose tokenizer has BOS as token 1; the name of its folder is that of the server's model.
    static func checkpoint(in folder: String) throws {
        for (name, text) in [
            ("config.json", #"{"model_type":"llama","max_position_embeddings":64}"#),
            ("tokenizer_config.json", #"{"bos_token":"<s>","eos_token":{"content":"</s>"}}"#),
            ("tokenizer.json", #"{"added_tokens":[{"id":1,"content":"<s>"},{"id":2,"content":"</s>"}],"model":{}}"#),
        ] { try Data(text.utf8).write(to: URL(filePath: folder + "/" + name)) }
    }

    /// Asks `times` times in one process, and hears every answer by the worker's own rules.
    func ask(_ url: String, times: Int = 1) async throws -> [Heard] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "served-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.checkpoint(in: folder)
        let lines = try texts.enumerated().flatMap { index, texts in
            try texts.map { try WireCoding.encode(DocumentLine(domain: index, text: $0)) + [UInt8(ascii: "\n")] }
        }
        try Data(lines.joined()).write(to: URL(filePath: folder + "/documents.jsonl"))
        let json = #"""
            {"url":"\#(url)","api":"\#(api)","dtype":"float32","tokenizer":"server","model":"\#(FakeServer.model)",
            "checkpoint":"\#(digest)",\#(settings)}
            """#
        let settings = try JSONDecoder().decode(ServedSettings.self, from: Data(json.utf8))
        let said = Mutex<[ServedMessage]>([])
        let evaluator = ServedEvaluator(settings, token: token, environment: [:], firstDelay: 0.001) { message in
            said.withLock { $0.append(message) }
        }
        await evaluator.greet(version: "1")
        var conversation = EvaluationConversation()
        for message in said.withLock({ take(&$0) }) { _ = try conversation.receive(try message.line().dropLast()) }
        var heard: [Heard] = []
        for round in 0..<times {
            let domains = texts.indices.map { index in
                EvaluationRequest.Domain(index: index, name: DomainName("prose/part-\(index)")!, documents: texts[index].count)
            }
            let request = EvaluationRequest(
                id: "r\(round)", checkpoint: .init(path: folder, digest: Digest(ofText: "tiny")), scoring: ScoringProtocol(),
                documents: folder + "/documents.jsonl", domains: domains)
            conversation.begin(request)
            let standard = String(decoding: try WireCoding.encode(ScoringProtocol()), as: UTF8.self)
            await evaluator.answer(Array(String(decoding: try request.line(), as: UTF8.self).replacing(standard, with: scoring).utf8))
            var events: [EvaluationConversation.Event] = []
            for message in said.withLock({ take(&$0) }) { events.append(try conversation.receive(try message.line().dropLast())) }
            heard.append(Heard(events: events))
        }
        return heard
    }

    private func take(_ messages: inout [ServedMessage]) -> [ServedMessage] {
        defer { messages = [] }
        return messages
    }
}
