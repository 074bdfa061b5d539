import FoundationEssentials
import Postgres
import Testing
import TrackClient
import TrackCore
import TrackStore

extension DaemonTests {
    @Suite struct RecordingTests {
        @Test("a checkpoint is registered once per lineage; the first is its baseline; the same again is recognised")
        func checkpoints() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("checkpoints", client: client)
                let first = try await evaluations.add(0, client: client)
                #expect(first.created && first.checkpoint.isBaseline)
                let second = try await evaluations.add(10, client: client)
                #expect(second.created && !second.checkpoint.isBaseline)
                #expect(second.checkpoint.parent == first.checkpoint.id)
                let again = try await evaluations.add(10, client: client)
                #expect(!again.created)
                #expect(again.checkpoint == second.checkpoint)
                #expect(
                    try await client.checkpoints(lineage: "checkpoints").map(\.checkpoint.id) == [
                        first.checkpoint.id, second.checkpoint.id,
                    ])
            }
        }

        @Test("`add` queues one evaluation on the lineage's domain set, and not another for the same checkpoint")
        func queue() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("queue", client: client)
                let request = AddCheckpointRequest(lineage: "queue", checkpoint: evaluations.description(1), domainSet: "queue")
                let first = try await client.addCheckpoint(request)
                let again = try await client.addCheckpoint(request)
                #expect(first.job?.state == .queued)
                #expect(first.job?.domainSet == "queue@1")
                #expect(again.job?.id == first.job?.id)
                let tooShort = EvaluateRequest(
                    checkpoint: "queue/checkpoint-1", domainSet: nil, scoring: ProtocolChoice(context: 1), request: UUID())
                let refused = try await daemon.refusal { _ = try await $0.evaluate(tooShort) }
                #expect(refused?.faults?.map(\.field) == ["/scoring/context"])
            }
        }

        @Test("a run is accepted, then a duplicate, then a conflict when it says something else; the first stays")
        func verdicts() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("verdicts", client: client)
                try await evaluations.add(0, client: client)
                let run = evaluations.run(0)
                let answer = try await client.recordRun(RecordRunRequest(run: run, attempt: nil))
                #expect(answer.verdict == .accepted)
                #expect(answer.digest == run.digest)
                #expect(try await client.record(run) == .duplicate)
                var other = run
                other.environment["host"] = "another"
                let problem = try await daemon.refusal { _ = try await $0.record(other) }
                #expect(problem?.status == 409)
                let view = try await client.run(run.id)
                #expect(view.digest == run.digest)
                #expect(view.environment == run.environment)
                let perplexity = try #require(view.domains.first { $0.name == Evaluations.domains[0] }?.perplexity)
                guard case .documents(let domains) = run.content, case .measured(let scores) = domains[0].outcome else { return }
                let expected = try #require(Perplexity.tokenWeighted(nll: scores.nll.reduce(0, +), tokens: 800))
                #expect(abs(perplexity / expected - 1) < 1e-12)
            }
        }

        @Test("bad input is 422 and names the field; nothing of it is kept")
        func faults() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("faults", client: client)
                try await evaluations.add(0, client: client)
                var run = evaluations.run(0)
                let scores = DocumentScores(nll: [1, .nan], tokens: [1, 0], bytes: [1, 1], words: [1, 1], histogram: [])
                run.content = .documents([
                    DomainMeasurement(domain: Evaluations.domains[1], outcome: .failed(reason: "")),
                    DomainMeasurement(domain: Evaluations.domains[0], outcome: .measured(scores)),
                ])
                let problem = try await daemon.refusal { [run] in _ = try await $0.record(run) }
                #expect(problem?.status == 422)
                #expect(
                    problem?.faults?.map(\.field) == ["/domains/0/reason", "/domains/1/documents/nll/1", "/domains/1/documents/tokens/1"])
                let unknown = try await daemon.refusal { [run] in _ = try await $0.run(run.id) }
                #expect(unknown?.status == 404)
                var description = evaluations.description(3)
                description.name = "../escape"
                description.step = -1
                let bad = try await daemon.refusal { [description] in
                    _ = try await $0.addCheckpoint(AddCheckpointRequest(lineage: "a b", checkpoint: description, inDomain: ["x"]))
                }
                #expect(bad?.faults?.map(\.field) == ["/lineage", "/checkpoint/name", "/checkpoint/step", "/in_domain/0"])
            }
        }

        @Test("a NUL in any text is the caller's fault, never an error of trackd's own")
        func nul() async throws {
            let daemon = try Site.here.shared
            var description = CheckpointDescription(name: "a", uri: "file:///\0", digest: Digest(ofText: "nul"))
            description.architecture = "\0"
            let add = try await daemon.refusal { [description] in
                _ = try await $0.addCheckpoint(AddCheckpointRequest(lineage: "nul", checkpoint: description))
            }
            #expect(add?.status == 422)
            #expect(add?.faults?.map(\.field) == ["/checkpoint/architecture"])
            let show = try await daemon.refusal { _ = try await $0.checkpoint("a\0b") }
            #expect(show?.status == 422)
        }

        @Test("a domain set comes back as it was uploaded, once; a bad line is named and leaves nothing")
        func domainSets() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let made = try await Evaluations("sets", client: client).revision
                let again = try await client.addRevision(of: "sets", Evaluations.head(seed: 1), documents: Evaluations.documents("sets"))
                #expect(!again.created)
                #expect(again.revision == made)
                var text: [UInt8] = []
                try await client.documents(of: made.digest) { text += $0 }
                let lines = try text.split(separator: UInt8(ascii: "\n")).map { try WireCoding.decode(DocumentLine.self, from: Data($0)) }
                #expect(lines == Evaluations.documents("sets"))
                #expect(made.domains.map(\.words) == lines.reduce(into: [0, 0, 0]) { $0[$1.domain] += Int64($1.content.wordCount) })
                let bad: [(String, [DocumentLine])] = [
                    ("Line 3", [DocumentLine(domain: 0, text: "x"), DocumentLine(domain: 3, text: "y")]),
                    ("Line 3", [DocumentLine(domain: 1, text: "x"), DocumentLine(domain: 0, text: "y")]),
                    ("Line 3", [DocumentLine(domain: 0, text: "same"), DocumentLine(domain: 1, text: "same")]),
                    ("Line 2", [DocumentLine(domain: 0, text: "")]), ("Line 2", [DocumentLine(domain: 0, text: "a\0")]),
                    ("Line 2", [DocumentLine(domain: 0, content: .chat([ChatMessage(role: "user", content: "")]))]),
                    ("no documents", [DocumentLine(domain: 0, text: "x"), DocumentLine(domain: 1, text: "y")]),
                ]
                for (words, documents) in bad {
                    let problem = try await daemon.refusal {
                        _ = try await $0.addRevision(of: "bad-set", Evaluations.head(seed: 1), documents: documents)
                    }
                    #expect(problem?.status == 422)
                    #expect(problem?.detail.contains(words) == true, "\(problem?.detail ?? "accepted")")
                }
                #expect(try await client.domainSets().map(\.name).contains("bad-set") == false)
                let texts = try await daemon.read { db in
                    try db.one("SELECT count(*) FROM document_text WHERE body IN ('x', 'y', 'same')", as: Int.self)
                }
                #expect(texts == 0)
            }
        }

        @Test("a result answers its claim once; a claim that was taken away is fenced, and its record kept apart")
        func attempts() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("attempts", client: client)
                let added = try await client.addCheckpoint(
                    AddCheckpointRequest(lineage: "attempts", checkpoint: evaluations.description(1), domainSet: "attempts"))
                let job = try #require(added.job?.id)
                // Others' jobs wait in the same queue: this one first.
                _ = try await daemon.read { db in
                    try db.execute(
                        "UPDATE job SET state = 'cancelled', finished_at = clock_timestamp() WHERE state = 'queued' AND id <> \(job)")
                }
                func claim() async throws -> AttemptReference? {
                    try await client.claim(ClaimRequest(worker: UUID(), host: "node", pid: 1, embedded: false))
                        .map(\.job.attempt)
                }
                let lost = try #require(try await claim())
                #expect(lost.job == job)
                _ = try await client.end(lost, EndAttemptRequest(outcome: .evaluatorFailed, detail: "test", retry: true))
                _ = try await daemon.read { db in try db.execute("UPDATE job SET run_at = clock_timestamp() WHERE id = \(job)") }
                let current = try #require(try await claim())
                var late = evaluations.run(1)
                late.scoring = .scored(added.job?.scoring ?? ScoringProtocol())
                #expect(try await client.recordRun(RecordRunRequest(run: late, attempt: lost)).verdict == .fenced)
                let unrecorded = try await daemon.refusal { [late] in _ = try await $0.run(late.id) }
                #expect(unrecorded?.status == 404)
                #expect(try await client.digests(of: [late.id]) == [RunDigestView(id: late.id, digest: late.digest, keptApart: true)])
                let request = RecordRunRequest(run: evaluations.run(1), attempt: current)
                #expect(try await client.recordRun(request).verdict == .accepted)
                #expect(try await client.recordRun(request).verdict == .duplicate)
                #expect(try await client.job(job).state == .succeeded)
            }
        }
    }
}
