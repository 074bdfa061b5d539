import FoundationEssentials
import NIOCore
import Testing
import TrackCore
import TrackEvaluators

@testable import TrackServed

/// Against servers with a known model, over real HTTP.
@Suite struct ServedEvaluatorTests {
    @Test("the NLL of every document is the closed form, in each of the three forms of answer",
        arguments: [("vllm", FakeServer.Kind.vllm), ("sglang", .sglang), ("openai", .echo)])
    func closedForm(_ api: String, _ kind: FakeServer.Kind) async throws {
        try await FakeServer.withRunning(kind) { server, url in
            let served = Served(api: api)
            let heard = try #require(try await served.ask(url).first)
            for (domain, texts) in served.texts.enumerated() {
                let scores = try #require(heard.scores(domain), "\(String(describing: heard.refusal))")
                for (document, text) in texts.enumerated() {
                    #expect(abs(scores.nll[document] - FakeServer.nll(of: text)) < 1e-9)
                    #expect(scores.tokens[document] == Int64(text.utf8.count))
                    #expect(scores.bytes[document] == Int64(text.utf8.count))
                }
            }
            #expect(heard.scores(0)?.words == [2, 3])
            let environment = try #require(heard.result?.environment)
            #expect(environment["server"] == api && environment["server_model"] == FakeServer.model)
            #expect(environment["repeat_difference"] == "0.0" && environment["context"] == "16")
        }
    }

    @Test("every form of windows gives the numbers that its rule says")
    func windows() async throws {
        try await FakeServer.withRunning(.vllm) { _, url in
            var served = Served()
            let total = served.texts[0].map(FakeServer.nll).reduce(0, +)
            func nll(_ windows: String, context: Int = 16) async throws -> [Double] {
                let rest = #""context":\#(context),"prefix":"bos-or-eos","dtype":"float32","rule":1"#
                served.scoring = #"{"scoring":"all-tokens",\#(windows),\#(rest)}"#
                let heard = try #require(try await served.ask(url).first)
                return try #require(heard.scores(0), "\(String(describing: heard.refusal))").nll
            }
            // A bigram model's value does not depend on the window, as long as every token is scored once.
            let packed = try await nll(#""windows":"packed""#).reduce(0, +)
            #expect(abs(packed - total) < 1e-9)
            let strided = try await nll(#""windows":"strided","stride":5"#).reduce(0, +)
            #expect(abs(strided - total) < 1e-9)
            // With a stride as long as the context the first token of every later input is not scored.
            let gaps = try await nll(#""windows":"strided","stride":16"#).reduce(0, +)
            #expect(gaps < total - 0.05)
        }
    }

    @Test("a server that cannot give prompt log-probabilities is refused with the reason",
        arguments: [
            ("openai", FakeServer.Kind.llamaCpp, "llama.cpp"), ("openai", .silent, "ignored echo and logprobs"),
            ("openai", .silentText, "ignored echo and logprobs"), ("openai", .refusesEcho, "it answered 500: Only no echo is supported"),
            ("openai", .lateEcho, "belong to other tokens"), ("openai", .lateText, "belong to other tokens"),
            ("vllm", .echo, "ignored prompt_logprobs"), ("vllm", .shifted, "first token"), ("vllm", .looksAhead, "windows do not add up"),
            ("vllm", .free, "probability 1"),
            ("vllm", .cuts, "cut the prompt"),
        ])
    func unfit(_ api: String, _ kind: FakeServer.Kind, _ reason: String) async throws {
        try await FakeServer.withRunning(kind) { _, url in
            let heard = try #require(try await Served(api: api).ask(url).first)
            let refusal = try #require(heard.refusal)
            #expect(refusal.description.contains(reason), "\(refusal)")
            #expect(!refusal.retry && heard.result == nil)
        }
    }

    @Test("what passes is tried again, and the number is the same as without it",
        arguments: [
            FakeServer.Fault.status(500), .status(429, headers: [("Retry-After", "0")]), .dropsMidBody, .drops, .status(503), .silence,
        ])
    func passes(_ fault: FakeServer.Fault) async throws {
        // The probe asks five times; what comes after it fails twice.
        let faults: [FakeServer.Fault?] = Array(repeating: nil, count: 5) + [fault, fault]
        try await FakeServer.withRunning(.vllm, faults: faults) { server, url in
            let served = Served(texts: [["Plain text."]], settings: #""tries":3,"timeout":0.5,"concurrency":1"#)
            let heard = try #require(try await served.ask(url).first)
            #expect(heard.scores(0)?.nll == [FakeServer.nll(of: "Plain text.")], "\(String(describing: heard.refusal))")
            #expect(server.prompts == 8)
        }
    }

    @Test("a server that is gone ends the evaluation after all tries, and it may be tried again later")
    func gone() async throws {
        let faults: [FakeServer.Fault?] = Array(repeating: nil, count: 5) + [.leaves]
        try await FakeServer.withRunning(.vllm, faults: faults) { _, url in
            let heard = try #require(try await Served(texts: [["Plain text."]], settings: #""tries":3,"concurrency":1"#).ask(url).first)
            let refusal = try #require(heard.refusal)
            #expect(refusal.retry && refusal.description.contains("after 3 tries"), "\(refusal)")
            #expect(refusal.description.contains("before its answer was complete"))
        }
    }

    @Test("a document for which the server drops the connection, or whose answer is cut, fails its domain by name; the rest goes on",
        arguments: [
            (FakeServer.Fault.dropsMidBody, 3, "closed the connection before its answer was complete"),
            (.status(500), 3, "answered 500: try later; so it was after 3 tries"), (.truncatedJSON, 2, "something else than was asked for"),
        ])
    func oneDocument(_ fault: FakeServer.Fault, _ times: Int, _ reason: String) async throws {
        let faults: [FakeServer.Fault?] = Array(repeating: nil, count: 5) + Array(repeating: fault, count: times)
        try await FakeServer.withRunning(.vllm, faults: faults) { _, url in
            let served = Served(texts: [["Plain text."], ["More text."]], settings: #""tries":3,"concurrency":1"#)
            let heard = try #require(try await served.ask(url).first)
            let failure = try #require(heard.failure(0), "\(String(describing: heard.refusal))")
            #expect(failure.contains("document 1 of domain prose/part-0") && failure.contains(reason), "\(failure)")
            #expect(heard.scores(1)?.nll == [FakeServer.nll(of: "More text.")])
        }
    }

    @Test("an answer that was cut once is asked for again")
    func cutOnce() async throws {
        let faults: [FakeServer.Fault?] = Array(repeating: nil, count: 5) + [.truncatedJSON]
        try await FakeServer.withRunning(.vllm, faults: faults) { _, url in
            let heard = try #require(try await Served(texts: [["Plain text."]], settings: #""concurrency":1"#).ask(url).first)
            #expect(heard.scores(0)?.nll == [FakeServer.nll(of: "Plain text.")], "\(String(describing: heard.refusal))")
        }
    }

    @Test("a server that stops answering as it should, to what it answered before too, ends the evaluation")
    func turned() async throws {
        let faults: [FakeServer.Fault?] = Array(repeating: nil, count: 5) + Array(repeating: .truncatedJSON, count: 3)
        try await FakeServer.withRunning(.vllm, faults: faults) { _, url in
            let heard = try #require(try await Served(settings: #""concurrency":1"#).ask(url).first)
            #expect(heard.refusal?.description.contains("something else than was asked for") == true)
            #expect(heard.result == nil)
        }
    }

    @Test("NaN fails its domain by name, and -9999 is an infinite NLL; the rest goes on")
    func notFinite() async throws {
        let faults: [FakeServer.Fault?] = Array(repeating: nil, count: 5) + [.notANumber, .clamped]
        try await FakeServer.withRunning(.vllm, faults: faults) { _, url in
            let served = Served(texts: [["Plain text."], ["More text."]], settings: #""concurrency":1"#)
            let heard = try #require(try await served.ask(url).first)
            #expect(heard.failure(0) == "NLL is NaN in document 1 of domain prose/part-0")
            #expect(heard.scores(1)?.nll == [.infinity])
            #expect(heard.scores(1)?.histogram.last == 1)
        }
    }

    @Test("a server that takes text only scores documents of one window, and refuses longer ones by name")
    func textOnly() async throws {
        try await FakeServer.withRunning(.textOnly) { _, url in
            let served = Served(texts: [["Plain text."], ["More than sixteen tokens of text."]], api: "openai")
            let heard = try #require(try await served.ask(url).first)
            #expect(heard.scores(0)?.nll == [FakeServer.nll(of: "Plain text.")], "\(String(describing: heard.refusal))")
            #expect(heard.failure(1)?.contains("takes text only") == true)
        }
    }

    @Test("no more requests are under way than the settings allow; the probe is made once")
    func concurrency() async throws {
        try await FakeServer.withRunning(.vllm, delay: .milliseconds(5)) { server, url in
            let served = Served(texts: [(0..<30).map { "document \($0)" }], settings: #""concurrency":3"#)
            let heard = try await served.ask(url, times: 2)
            #expect(heard.allSatisfy { $0.result != nil })
            #expect(server.mostAtOnce == 3)
            #expect(server.prompts == 5 + 30 + 30)
        }
    }

    @Test("the wrong model, another checkpoint, another dtype and too long a context are refused")
    func mismatches() async throws {
        func refusal(_ served: Served, longest: Int = 4096, model: String = FakeServer.model) async throws -> String {
            var text = ""
            try await FakeServer.withRunning(.vllm, longest: longest, model: model) { _, url in
                text = try #require(try await served.ask(url).first?.refusal).description
            }
            return text
        }
        #expect(try await refusal(Served(), model: "other").contains("serves other, and not /models/tiny"))
        #expect(try await refusal(Served(digest: Digest(ofText: "another"))).contains("is another"))
        let short = try await refusal(Served(), longest: 17)
        #expect(short.contains("needs room for 18") && short.contains("--max-model-len") && short.contains("--context 15"), "\(short)")
        var served = Served()
        served.scoring = served.scoring.replacing(#""context":16"#, with: #""context":0"#)
        let whole = try await refusal(served, longest: 64)
        #expect(whole.contains("made for no more") && whole.contains("--context 62"), "\(whole)")
        served = Served()
        served.scoring = served.scoring.replacing("float32", with: "bfloat16")
        #expect(try await refusal(served).contains("computes in float32"))
        served.scoring = served.scoring.replacing("bfloat16", with: "float99")
        #expect(try await refusal(served).contains("float99"))
        served.scoring = Served().scoring.replacing(#""rule":1"#, with: #""rule":1,"unheard_of":1"#)
        #expect(try await refusal(served).contains("unheard_of"))
        served.scoring = Served().scoring.replacing("all-tokens", with: "assistant-tokens")
        #expect(try await refusal(served).contains("assistant-tokens"))
        served.scoring = Served().scoring.replacing("disjoint", with: "truncated")
        #expect(try await refusal(served).contains("set tokenizer to checkpoint"))
    }

    @Test("an empty document and a domain without documents fail by name; the token is sent")
    func failures() async throws {
        try await FakeServer.withRunning(.vllm) { server, url in
            var served = Served(texts: [["Plain text.", ""], [], ["More."]])
            served.token = "secret"
            let heard = try #require(try await served.ask(url).first)
            #expect(heard.failure(0) == "document 2 of domain prose/part-0 has no tokens")
            #expect(heard.failure(1) == "domain prose/part-1 has no documents")
            #expect(heard.scores(2)?.nll == [FakeServer.nll(of: "More.")])
            #expect(!server.tokens.isEmpty && server.tokens.allSatisfy { $0 == "Bearer secret" })
        }
    }
}
