import FoundationEssentials
import Testing
import TrackCore

@Suite struct StatedProtocolTests {
    private func run(_ scoring: String, aggregation: String = #""aggregation":"token-weighted","#) -> String {
        #"{"run":{"id":"0192f3a4-5b6c-7d8e-9fa0-b1c2d3e4f506","checkpoint":{"lineage":"l","digest":"\#(Digest(ofText: "c"))"},"#
            + #""revision":"\#(Digest(ofText: "r"))","protocol":\#(scoring),"evaluator":"csv","reason":"imported","#
            + #""evaluated_at":"2026-11-23T05:41:07.250Z",\#(aggregation)"domains":[{"name":"a/b","mean_nll":2}]}}"#
    }

    private func read(_ text: String) throws -> IncomingRun {
        try Array(text.utf8).withUnsafeBytes { try IncomingRun(json: $0) }
    }

    @Test("the strict reader and the library read the same stated protocol, and write it again")
    func forms() throws {
        let stated = RunProtocol.stated(StatedProtocol(statement: "as reported", unit: .byte))
        let text = run(#"{"unit":"byte","statement":"as reported"}"#)
        #expect(try read(text).heading.scoring == stated)
        let decoded = try WireCoding.decode(RecordRunRequest.self, from: Data(text.utf8)).run
        #expect(decoded.scoring == stated)
        #expect(try WireCoding.decode(RunProtocol.self, from: try WireCoding.encode(stated)) == stated)
        let scored = RunProtocol.scored(ScoringProtocol(context: 128))
        #expect(try WireCoding.decode(RunProtocol.self, from: try WireCoding.encode(scored)) == scored)
        #expect(scored.digest == ScoringProtocol(context: 128).digest)
    }

    @Test("what is half one and half the other is refused, and so is a statement that is none")
    func refused() {
        for bad in [
            #"{"statement":"x"}"#, #"{"unit":"byte"}"#, #"{"statement":"x","unit":"line"}"#, #"{"statement":"x","unit":"byte","rule":1}"#,
            #"{"statement":7,"unit":"byte"}"#,
        ] {
            #expect(throws: Fault.self, "\(bad)") { try read(run(bad)) }
        }
        for statement in ["", "a\nb", String(repeating: "x", count: 1001)] {
            #expect(RunProtocol.stated(StatedProtocol(statement: statement)).faults.map(\.field) == ["/statement"])
        }
        #expect(RunProtocol.scored(ScoringProtocol(context: 1)).faults.map(\.field) == ["/context"])
    }

    @Test("unit and statement make another protocol; documents need a scored one")
    func meaning() throws {
        let protocols: [RunProtocol] = [
            .stated(StatedProtocol(statement: "a")), .stated(StatedProtocol(statement: "b")),
            .stated(StatedProtocol(statement: "a", unit: .byte)), .scored(ScoringProtocol()),
        ]
        #expect(Set(protocols.map(\.digest)).count == 4)
        #expect(protocols.map(\.summary).prefix(3) == ["a", "b", "a; per byte"])
        let name = try #require(DomainName("a/b"))
        let revision = DomainSetRevision(
            set: "s", number: 1, digest: Digest(ofText: "r"), kind: .documents, split: "val", createdAt: Timestamp(milliseconds: 0),
            domains: [DomainOfRevision(name: name, documents: 1, bytes: 4, words: 1)])
        let text = run(#"{"unit":"byte","statement":"as reported"}"#, aggregation: "").replacing(
            #""mean_nll":2"#, with: #""status":"ok","documents":{"nll":[2],"tokens":[1],"bytes":[4],"words":[1]}"#)
        #expect(try read(text).placed(on: FrozenOrder(revision)) == nil)
        #expect(try IncomingRun.faults(of: Data(text.utf8), against: revision).map(\.field) == ["/protocol/statement"])
    }

    @Test("bits per byte follow from a mean per byte, or per token with both counts")
    func bits() throws {
        let summary = DomainSummary(domain: try #require(DomainName("a/b")), meanNLL: 2 * 0.693_147_180_559_945_3, tokens: 100, bytes: 400)
        #expect(summary.bitsPerByte(unit: .byte, aggregation: .documentWeighted) == 2)
        #expect(summary.bitsPerByte(unit: .token, aggregation: .tokenWeighted) == 0.5)
        #expect(summary.bitsPerByte(unit: .token, aggregation: .documentWeighted) == nil)
        #expect(summary.bitsPerByte(unit: .word, aggregation: .tokenWeighted) == nil)
    }
}
