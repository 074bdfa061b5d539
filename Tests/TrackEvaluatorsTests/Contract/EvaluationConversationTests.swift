import FoundationEssentials
import Testing
import TrackCore

@testable import TrackEvaluators

@Suite struct EvaluationConversationTests {
    static let hello = #"{"type":"hello","contract":1,"evaluator":"toy","version":"2","environment":{"python":"3","cuda_version":"12"}}"#
    static let histogram = "[3" + String(repeating: ",0", count: 18) + "]"

    static func domain(
        _ index: Int, id: String = "r", nll: String = "[1.5,\"inf\"]", tokens: String = "[1,2]", bytes: String = "[9,8]",
        words: String = "[1,2]",
        histogram: String = histogram, types: String? = nil
    ) -> String {
        #"{"type":"domain","id":"\#(id)","index":\#(index),"status":"ok","documents":{"nll":\#(nll),"tokens":\#(tokens),"#
            + #""bytes":\#(bytes),"words":\#(words)},"histogram":\#(histogram),"seconds":1\#(types.map { #","types":"# + $0 } ?? "")}"#
    }

    /// Of the three tokens of ``domain(_:id:nll:tokens:bytes:words:histogram:types:)``.
    static func types(
        id: String = "[7]", text: String = "[\"a\"]", count: String = "[2]", nll: String = "[\"inf\"]", rest: String = "[1,0.5]"
    ) -> String {
        let rest = rest.dropFirst().dropLast().split(separator: ",")
        return #"{"id":\#(id),"text":\#(text),"count":\#(count),"nll":\#(nll),"rest":{"count":\#(rest[0]),"nll":\#(rest[1])}}"#
    }

    @Test("types come with their domain, their texts as a run can hold them")
    func types() throws {
        var conversation = try Self.asked()
        _ = try conversation.receive(Self.domain(0, types: Self.types(text: #"["a\u0000\ufdd0"]"#)).utf8)
        _ = try conversation.receive(Self.domain(1).utf8)
        guard case .finished(let result) = try conversation.receive(#"{"type":"done","id":"r"}"#.utf8),
            case .measured(let scores) = result.domains[0].outcome, case .measured(let other) = result.domains[1].outcome
        else { return #expect(Bool(false)) }
        #expect(
            scores.types
                == TypeLosses(id: [7], text: ["a\u{fffd}\u{fffd}"], count: [2], nll: [.infinity], rest: .init(count: 1, nll: 0.5)))
        #expect(other.types == nil)
    }

    static func request(types: Int = TypeLosses.usual) throws -> EvaluationRequest {
        EvaluationRequest(
            id: "r", checkpoint: .init(path: "/c", digest: Digest(ofText: "c")), scoring: ScoringProtocol(context: 128), documents: "/d",
            domains: [
                .init(index: 0, name: try #require(DomainName("a/a")), documents: 2),
                .init(index: 1, name: try #require(DomainName("b/b")), documents: 2),
            ], types: types)
    }

    /// A conversation that has asked.
    static func asked() throws -> EvaluationConversation {
        var conversation = EvaluationConversation()
        _ = try conversation.receive(hello.utf8)
        conversation.begin(try request())
        return conversation
    }

    @Test("a whole conversation gives every domain in the order of the request")
    func whole() throws {
        var conversation = try Self.asked()
        _ = try conversation.receive(
            (#"{"type":"loaded","id":"r","parameters":7,"vocabulary":9,"context":128,"prefix_token":1,"seconds":0.1,"#
                + #""environment":{"server":"x"}}"#).utf8)
        _ = try conversation.receive(#"{"type":"domain","id":"r","index":1,"status":"failed","reason":"NLL is NaN","seconds":0}"#.utf8)
        let progress = try conversation.receive(
            #"{"type":"progress","id":"r","domain":0,"documents_done":1,"tokens_done":5,"tokens_total":9}"#.utf8)
        #expect(progress == .progress(JobProgress(domainsDone: 1, domains: 2, tokensDone: 5)))
        _ = try conversation.receive(Self.domain(0).utf8)
        let end = try conversation.receive(
            #"{"type":"done","id":"r","tokens":3,"seconds":7.1,"tokens_per_second":2.6,"peak_memory_bytes":512}"#.utf8)
        guard case .finished(let result) = end else { return #expect(Bool(false), "\(end)") }
        #expect(result.evaluator == "toy 2")
        #expect(result.environment == ["python": "3", "cuda_version": "12", "context": "128", "server": "x"])
        #expect(result.domains.map(\.domain.description) == ["a/a", "b/b"])
        #expect(result.domains[1].outcome == .failed(reason: "NLL is NaN"))
        guard case .measured(let scores) = result.domains[0].outcome else { return #expect(Bool(false)) }
        #expect(scores.nll == [1.5, .infinity])
        #expect(conversation.ready != nil)
    }

    @Test("a domain that was measured before is part of the result, is not asked for, and counts as done")
    func known() throws {
        let request = try Self.request()
        let scores = DocumentScores(nll: [1, 2], tokens: [3, 4], bytes: [5, 6], words: [1, 1], histogram: [])
        let before = DomainMeasurement(domain: request.domains[1].name, outcome: .measured(scores))
        var conversation = EvaluationConversation()
        _ = try conversation.receive(Self.hello.utf8)
        conversation.begin(request, having: [1: before])
        let answer = try conversation.receive(Self.domain(0).utf8)
        guard case .domain(0, let measured, let progress) = answer else { return #expect(Bool(false), "\(answer)") }
        #expect(progress == JobProgress(domainsDone: 2, domains: 2, tokensDone: 7))
        let end = try conversation.receive(
            #"{"type":"done","id":"r","tokens":3,"seconds":-1,"noise":"inf","noise_tokens":3,"peak_memory_bytes":512}"#.utf8)
        guard case .finished(let result) = end else { return #expect(Bool(false), "\(end)") }
        #expect(result.domains == [measured, before])
        #expect(
            result.effort == EvaluationEffort(tokens: 3, peakMemoryBytes: 512, noise: .infinity, noiseTokens: 3, resumedDomains: 1))
        conversation.begin(request, having: [1: before])
        #expect(throws: EvaluatorFailure.self) { try conversation.receive(Self.domain(1).utf8) }
    }

    @Test("every domain known: the last is asked for again, because how it measures only the evaluator can say")
    func allKnown() throws {
        let request = try Self.request(types: 7)
        let scores = DocumentScores(nll: [1, 2], tokens: [3, 4], bytes: [5, 6], words: [1, 1], histogram: [])
        let known = Dictionary(
            uniqueKeysWithValues: request.domains.map { ($0.index, DomainMeasurement(domain: $0.name, outcome: .measured(scores))) })
        var conversation = EvaluationConversation()
        _ = try conversation.receive(Self.hello.utf8)
        let hello = try #require(conversation.ready)
        let memory = EvaluationMemory(recall: { _ in known }, documents: { "/rest of \($0.count)" }, keep: { _, _ in })
        let plan = try memory.plan(request, for: hello)
        #expect(plan.rest.domains == [request.domains[1]] && plan.rest.documents == "/rest of 1" && plan.rest.types == 7)
        #expect(plan.known.keys.sorted() == [0])
        #expect(try EvaluationMemory.none.plan(request, for: hello).rest == request)
    }

    @Test("a refusal leaves the evaluator ready and says whether to try again", arguments: [true, false])
    func refusal(retry: Bool) throws {
        var conversation = try Self.asked()
        let event = try conversation.receive(
            #"{"type":"error","id":"r","code":"out_of_memory","retry":\#(retry),"message":"memory ran out"}"#.utf8)
        #expect(event == .refused(EvaluatorFailure(.refused(.outOfMemory), "memory ran out", retry: retry)))
        #expect(conversation.ready != nil)
    }

    @Test("every rule of the contract is held", arguments: Violation.all)
    func violations(violation: Violation) throws {
        var conversation = EvaluationConversation()
        var failure: EvaluatorFailure?
        do {
            for line in violation.lines {
                if line == "ask" { conversation.begin(try Self.request()) } else { _ = try conversation.receive(line.utf8) }
            }
        } catch let error as EvaluatorFailure { failure = error }
        #expect(failure?.cause == .broken(violation.rule))
        #expect(failure?.retry == false)
        #expect(failure?.leavesProcessUsable == false)
        #expect(throws: EvaluatorFailure.self, "nothing is believed afterwards") { try conversation.receive(Self.domain(0).utf8) }
    }

    @Test("there is a violation for every rule")
    func complete() {
        #expect(Set(Violation.all.map(\.rule)) == Set(ContractRule.allCases))
    }

    @Test("any cut of any message is refused and nothing crashes")
    func truncation() throws {
        for line in [Self.hello, Self.domain(0)] {
            for length in 0..<line.utf8.count {
                #expect(throws: EvaluatorFailure.self) { try EvaluatorMessage(line: line.utf8.prefix(length)) }
            }
        }
    }

    @Test("the request is written as the contract says")
    func requestLine() throws {
        let line = String(decoding: try Self.request().line(), as: UTF8.self)
        #expect(
            line == #"{"checkpoint":{"digest":"\#(Digest(ofText: "c"))","path":"/c"},"documents":"/d","#
                + #""domains":[{"documents":2,"index":0,"name":"a/a"},{"documents":2,"index":1,"name":"b/b"}],"id":"r","#
                + #""protocol":{"context":128,"dtype":"float32","prefix":"bos-or-eos","rule":1,"scoring":"all-tokens","#
                + #""windows":"disjoint"},"#
                + #""type":"evaluate","types":50}"# + "\n")
    }

    @Test(
        "how a process ended says whether to try again",
        arguments: [(78, false), (64, false), (127, false), (1, true), (-9, true), (0, true)])
    func ends(status: Int32, retry: Bool) {
        let failure = EvaluatorFailure.ended(status: status, errorTail: "one\ntwo\n")
        #expect(failure.retry == retry)
        #expect(failure.description.hasSuffix("one\ntwo"))
    }
}

/// Lines of which the last breaks a rule; `ask` sends the request.
struct Violation: Sendable, CustomStringConvertible {
    let rule: ContractRule
    let lines: [String]
    var description: String { "\(rule): \(lines.last?.prefix(60) ?? "")" }

    static let all: [Violation] = {
        typealias Test = EvaluationConversationTests
        func after(_ rule: ContractRule, _ lines: String...) -> Violation { Violation(rule: rule, lines: [Test.hello, "ask"] + lines) }
        let loaded = #"{"type":"loaded","id":"r"}"#
        let zeros = "[0" + String(repeating: ",0", count: 18) + "]"
        // Counts whose sum wraps around to the 3 tokens that were scored.
        let wrapping = "[9223372036854775807,9223372036854775807,5" + String(repeating: ",0", count: 16) + "]"
        let negative = "[4,-1" + String(repeating: ",0", count: 17) + "]"
        return [
            Violation(rule: .message, lines: ["not JSON"]), Violation(rule: .message, lines: [#"{"type":"greeting"}"#]),
            Violation(rule: .message, lines: [""]), Violation(rule: .message, lines: ["[]"]),
            after(.message, #"{"type":"domain","id":"r","index":0,"status":"odd"}"#),
            after(.message, Test.domain(0, nll: "[NaN,1]")), after(.message, Test.domain(0, tokens: "[1.5,1]")),
            Violation(rule: .helloFirst, lines: [loaded]), Violation(rule: .helloFirst, lines: [Test.hello, Test.hello]),
            after(.helloFirst, Test.hello),
            Violation(rule: .version, lines: [Test.hello.replacing(#""contract":1"#, with: #""contract":2"#)]),
            Violation(rule: .texts, lines: [Test.hello.replacing("toy", with: "\\u0000")]),
            Violation(rule: .texts, lines: [Test.hello.replacing("toy", with: String(repeating: "x", count: 199))]),
            Violation(rule: .texts, lines: [Test.hello.replacing("cuda", with: "\\u0000")]),
            after(.histogram, Test.domain(0, histogram: wrapping)),
            Violation(rule: .order, lines: [Test.hello, loaded]), after(.order, loaded, loaded),
            after(.id, Test.domain(0, id: "other")), after(.id, loaded.replacing("\"r\"", with: "\"q\"")),
            after(.id, #"{"type":"done","id":"q"}"#), after(.id, #"{"type":"progress","id":"q","tokens_done":1}"#),
            after(.id, #"{"type":"error","id":"q","code":"internal","retry":true,"message":"x"}"#),
            after(.index, Test.domain(2)), after(.index, Test.domain(-1)),
            after(.domainOnce, Test.domain(0), Test.domain(0)),
            after(.everyDomain, Test.domain(0), #"{"type":"done","id":"r"}"#),
            after(
                .lengths,
                Test.domain(0, nll: "[1]", tokens: "[1]", bytes: "[1]", words: "[1]", histogram: zeros.replacing("[0", with: "[1"))),
            after(.lengths, Test.domain(0, nll: "[1]")), after(.lengths, Test.domain(0, tokens: "[1,2,3]")),
            after(.lengths, Test.domain(0, bytes: "[]")), after(.lengths, Test.domain(0, words: "[1]")),
            after(.nll, Test.domain(0, nll: "[-0.5,1]")), after(.nll, Test.domain(0, nll: "[\"nan\",1]")),
            after(.nll, Test.domain(0, nll: "[\"-inf\",1]")),
            after(.tokens, Test.domain(0, tokens: "[0,3]")), after(.tokens, Test.domain(0, tokens: "[-1,4]")),
            after(.counts, Test.domain(0, bytes: "[0,1]")), after(.counts, Test.domain(0, words: "[1,3000000000]")),
            after(.histogram, Test.domain(0, histogram: zeros)), after(.histogram, Test.domain(0, histogram: "[3]")),
            after(.histogram, Test.domain(0, histogram: negative)),
            after(.types, Test.domain(0, types: Test.types(count: "[1]"))), after(.types, Test.domain(0, types: Test.types(nll: "[1.5]"))),
            after(.types, Test.domain(0, types: Test.types(id: "[7,8]"))), after(.types, Test.domain(0, types: Test.types(id: "[-1]"))),
            after(.types, Test.domain(0, types: Test.types(rest: "[1,-1]"))), after(.types, Test.domain(0, types: Test.types(id: "[]"))),
            after(
                .types,
                Test.domain(
                    0, types: Test.types(id: "[7,7]", text: #"["a","b"]"#, count: "[1,1]", nll: #"["inf",0]"#))),
            after(
                .types,
                Test.domain(
                    0, types: Test.types(id: "[7,8]", text: #"["a","b"]"#, count: "[1,1]", nll: #"[0,"inf"]"#))),
            after(.texts, #"{"type":"loaded","id":"r","parameters":7,"vocabulary":9,"environment":{"server":"\u0000"}}"#),
            after(.reason, #"{"type":"domain","id":"r","index":0,"status":"failed","reason":" "}"#),
            after(.reason, #"{"type":"error","id":"r","code":"internal","retry":true,"message":""}"#),
        ]
    }()
}
