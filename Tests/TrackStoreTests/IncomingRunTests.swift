import FoundationEssentials
import Testing
import TrackCore

/// The reader of runs against the plain way over `JSONDecoder`, values and a tree.
@Suite struct IncomingRunTests {
    private static let checkpoint = CheckpointKey(lineage: "l", digest: Digest(ofText: "c"))
    private let revision = RandomRun.revision()

    private func read(_ text: Data) throws -> IncomingRun { try text.withUnsafeBytes { try IncomingRun(json: $0) } }

    private func wire(_ run: EvaluationRun, attempt: AttemptReference? = nil) throws -> Data {
        try WireCoding.encode(RecordRunRequest(run: run, attempt: attempt))
    }

    /// The members of every object in an order of their own.
    private func unsorted(_ run: EvaluationRun) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .prettyPrinted
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try encoder.encode(RecordRunRequest(run: run, attempt: nil))
    }

    @Test("columns and digest are those of the plain way, byte for byte, whatever the order of domains and members")
    func reference() throws {
        var random = SeededRandom(41)
        let order = FrozenOrder(revision)
        for index in 0..<600 {
            var run = RandomRun.make(checkpoint: Self.checkpoint, revision: revision, using: &random)
            if index % 7 == 0 { run.supersedes = RunID.make(at: run.evaluatedAt, using: &random) }
            if index % 3 == 0 { run.content = RunColumns(run, revision: revision).content(revision: revision) }
            for text in [try wire(run), try unsorted(run)] {
                let incoming = try read(text)
                #expect(incoming.attempt == nil)
                let columns = try #require(incoming.placed(on: order), "\(run)")
                #expect(columns == RunColumns(run, revision: revision), "\(text.count) bytes")
                #expect(columns.digest(incoming.heading, order: order) == run.canonical.digest)
            }
            #expect(run.digest == run.canonical.digest)
        }
    }

    @Test("a count is the same record however it is written, for this reader and for the plain way")
    func spelling() throws {
        var random = SeededRandom(47)
        let order = FrozenOrder(revision)
        for _ in 0..<50 {
            let run = RandomRun.make(checkpoint: Self.checkpoint, revision: revision, using: &random)
            let text = String(decoding: try wire(run), as: UTF8.self)
                .replacing(/("(?:tokens|bytes|rule|context)":\[?)([0-9]+)/) { "\($0.1)\($0.2)0.0e-1" }
            #expect(text.contains("0.0e-1"))
            let incoming = try read(Data(text.utf8))
            #expect(try #require(incoming.placed(on: order)).digest(incoming.heading, order: order) == run.digest)
            #expect(try WireCoding.decode(RecordRunRequest.self, from: Data(text.utf8)).run.digest == run.digest)
        }
    }

    @Test("a claim comes with its run")
    func attempt() throws {
        var random = SeededRandom(42)
        let run = RandomRun.make(checkpoint: Self.checkpoint, revision: revision, using: &random)
        let attempt = AttemptReference(job: 7, fence: 3)
        #expect(try read(try wire(run, attempt: attempt)).attempt == attempt)
        let text = String(decoding: try wire(run), as: UTF8.self).dropLast() + #","attempt":null}"#
        #expect(try read(Data(text.utf8)).attempt == nil)
    }

    @Test("what the rules find fault with is not placed, and nothing else")
    func agreement() throws {
        var random = SeededRandom(43)
        let order = FrozenOrder(revision)
        let summaries = FrozenOrder(
            DomainSetRevision(
                set: "s", number: 1, digest: revision.digest, kind: .summary, split: "test", createdAt: revision.createdAt,
                domains: revision.domains))
        var (sound, unsound) = (0, 0)
        for _ in 0..<3_000 {
            var run = RandomRun.make(checkpoint: Self.checkpoint, revision: revision, using: &random)
            damage(&run, using: &random)
            let text = try wire(run)
            let incoming = try read(text)
            for order in [order, summaries] {
                let faults = try IncomingRun.faults(of: text, against: order.revision)
                #expect((incoming.placed(on: order) == nil) == !faults.isEmpty, "\(faults) \(String(decoding: text, as: UTF8.self))")
                if faults.isEmpty { sound += 1 } else { unsound += 1 }
            }
        }
        #expect(sound > 500 && unsound > 500)
    }

    private func damage(_ run: inout EvaluationRun, using random: inout SeededRandom) {
        switch Int.random(in: 0..<9, using: &random) {
        case 0: run.evaluator = [String(repeating: "x", count: 201), "", String(repeating: "x", count: 200)].randomElement(using: &random)!
        case 1: run.scoring = .scored(ScoringProtocol(context: [1, -1, 0, 2].randomElement(using: &random)!))
        case 2: run.revision = Digest(ofText: "another")
        case 3: run.effort = EvaluationEffort(tokens: [-1, 0, 1].randomElement(using: &random)!)
        case 4: break
        default: damageContent(&run.content, using: &random)
        }
    }

    private func damageContent(_ content: inout EvaluationRun.Content, using random: inout SeededRandom) {
        let other = [DomainName("no/such")!, RandomRun.domains[0]].randomElement(using: &random)!
        switch content {
        case .summary(let aggregation, var domains):
            let place = Int.random(in: 0..<domains.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: domains[place].meanNLL = [.nan, -0.5, -.infinity].randomElement(using: &random)!
            case 1: domains[place].tokens = [0, -1, 1].randomElement(using: &random)!
            case 2: domains[place].bytes = [0, -1, 1].randomElement(using: &random)!
            case 3: domains[place].domain = other
            default: domains = []
            }
            content = .summary(aggregation, domains)
        case .documents(var domains):
            let place = Int.random(in: 0..<domains.count, using: &random)
            if Int.random(in: 0..<6, using: &random) == 0 { domains[place].domain = other }
            if Int.random(in: 0..<12, using: &random) == 0 { domains = [domains[place], domains[place]] }
            if domains.indices.contains(place) { damageOutcome(&domains[place].outcome, using: &random) }
            content = .documents(domains)
        }
    }

    private func damageOutcome(_ outcome: inout DomainMeasurement.Outcome, using random: inout SeededRandom) {
        guard case .measured(var scores) = outcome else {
            if Bool.random(using: &random) { outcome = .failed(reason: "") }
            return
        }
        let count: Int64 = [0, -1, 1, 1 << 31, 1 << 40, Int64(Int32.max)].randomElement(using: &random)!
        if scores.types != nil, Bool.random(using: &random) {
            damage(&scores.types!, using: &random)
            outcome = .measured(scores)
            return
        }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: scores.nll[0] = [.nan, -1, -.infinity].randomElement(using: &random)!
        case 1: scores.tokens[0] = count
        case 2: scores.bytes[0] = count
        case 3: scores.words[0] = count
        case 4: scores.words.removeLast()
        case 5: scores.histogram = [1, 2]
        case 6: scores.histogram = [Int64](repeating: [0, -1, 1].randomElement(using: &random)!, count: TokenHistogram.binCount)
        case 7: scores = DocumentScores(nll: [], tokens: [], bytes: [], words: [], histogram: [])
        case 8:
            scores = DocumentScores(
                nll: [Double](repeating: 1, count: 7), tokens: [Int64](repeating: 1, count: 7), bytes: [Int64](repeating: 1, count: 7),
                words: [Int64](repeating: 1, count: 7), histogram: [])
        default: scores.nll.append(1)
        }
        outcome = .measured(scores)
    }

    private func damage(_ types: inout TypeLosses, using random: inout SeededRandom) {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: types.id[0] = [-1, 1 << 31, 7].randomElement(using: &random)!
        case 1: types.id.append(types.id[0])
        case 2: types.text[0] = String(repeating: "x", count: 257)
        case 3: types.count[0] += [1, -1, 0, .max / 2].randomElement(using: &random)!
        case 4: types.nll[0] *= [1 + 1e-8, 1, 1 + 1e-12].randomElement(using: &random)!
        case 5: types.nll[0] = [.nan, -1, .infinity].randomElement(using: &random)!
        case 6: types.rest.count += 1
        case 7: types.rest.nll = [.nan, -1, .infinity, types.rest.nll].randomElement(using: &random)!
        case 8: types.nll.reverse()
        case 9: types = TypeLosses(id: [], text: [], count: [], nll: [], rest: .init(count: 1, nll: 1))
        case 10: types.text.removeLast()
        default: (types.count[0], types.rest.count) = (types.count[0] + types.rest.count, 0)
        }
    }

    private static let head =
        #""id":"0192f3a4-5b6c-7d8e-9fa0-b1c2d3e4f506","checkpoint":{"lineage":"l","digest":"\#(Digest(ofText: "c"))"},"revision":"\#(Digest(ofText: "revision"))","protocol":{"context":128,"dtype":"bfloat16","prefix":"bos-or-eos","rule":1,"scoring":"all-tokens","windows":"disjoint"},"evaluator":"x","reason":"added","evaluated_at":"2026-11-23T05:41:07.250Z""#

    @Test(
        "what cannot be a run is refused with its place",
        arguments: [
            ("{}", "/run", "is missing"), (#"{"run":[]}"#, "/run", "must be an object"), (#"{"run":{"id":7}}"#, "/run/id", "must be a string"),
            (#"{"run":{"id":"7"}}"#, "/run/id", "UUID"), (#"{"run":{}}"#, "/run/id", "is missing"),
            (#"{"run":{\#(head)}}"#, "/run/domains", "is missing"), (#"{"run":{\#(head),"id":"7"}}"#, "/run/id", "is named twice"),
            (#"{"run":{\#(head),"enviroment":{}}}"#, "/run/enviroment", "not known"), (#"{"run":{},"atempt":1}"#, "/run/id", "is missing"),
            (#"{"run":{\#(head),"effort":{"joules":1}}}"#, "/run/effort/joules", "not known"),
            (#"{"runs":{}}"#, "/runs", "not known"), (#"{"run":{\#(head),"domains":{}}}"#, "/run/domains", "must be a list"),
            (#"{"run":{\#(head),"domains":[{"status":"ok"}]}}"#, "/run/domains/0/name", "is missing"),
            (#"{"run":{\#(head),"domains":[{"name":"a/a","status":"ok"}]}}"#, "/run/domains/0/documents", "is missing"),
            (#"{"run":{\#(head),"domains":[{"name":"a/a"}]}}"#, "/run/domains/0/status", "is missing"),
            (#"{"run":{\#(head),"domains":[{"name":"a/a","status":"bad"}]}}"#, "/run/domains/0/status", "\"failed\""),
            (#"{"run":{\#(head),"domains":[{"name":"a/a","status":"failed"}]}}"#, "/run/domains/0/reason", "is missing"),
            (#"{"run":{\#(head),"aggregation":"token-weighted","domains":[{"name":"a/a"}]}}"#, "/run/domains/0/mean_nll", "is missing"),
            (#"{"run":{\#(head),"aggregation":"median","domains":[]}}"#, "/run/aggregation", "none of the words"),
            (#"{"run":{\#(head),"aggregation":"token-weighted","domains":[{"name":"a/a","mean_nll":1,"tokns":3}]}}"#,
                "/run/domains/0/tokns", "not known"),
            (#"{"run":{\#(head),"aggregation":"token-weighted","domains":[{"name":"a/a","mean_nll":1,"tokens":3.5}]}}"#,
                "/run/domains/0/tokens", "must be a whole number"),
            (#"{"run":{\#(head),"aggregation":"token-weighted","domains":[{"name":"a/a","mean_nll":1e999}]}}"#,
                "/run/domains/0/mean_nll", "too large"),
            (#"{"run":{\#(head),"aggregation":"token-weighted","domains":[{"name":"a/a","mean_nll":1,"status":"ok"}]}}"#,
                "/run/domains/0/status", "does not fit the run"),
            (#"{"run":{\#(head),"domains":[{"name":"a/a","mean_nll":1}]}}"#, "/run/domains/0/mean_nll", "does not fit the run"),
            (#"{"run":{\#(head),"domains":[{"name":"a/a","status":"ok","documents":{"nll":[1],"tokens":[1],"bytes":[1]}}]}}"#,
                "/run/domains/0/documents/words", "is missing"),
            (#"{"run":{\#(head),"domains":[{"name":"a/a","status":"failed","reason":"x","documents":{"nll":[1],"tokens":[1],"bytes":[1],"words":[1]}}]}}"#,
                "/run/domains/0/documents", "does not belong"),
        ] as [(String, String, String)])
    func refused(_ text: String, _ field: String, _ reason: String) {
        do {
            _ = try read(Data(text.utf8))
            Issue.record("accepted: \(text)")
        } catch {
            let fault = error as? Fault
            #expect(fault?.field == field, "\(text)")
            #expect(fault?.reason.contains(reason) == true, "\(fault?.reason ?? "")")
        }
    }
}
