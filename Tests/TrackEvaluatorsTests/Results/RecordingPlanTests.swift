import FoundationEssentials
import Testing
import TrackCore
import TrackEvaluators

@Suite struct RecordingPlanTests {
    private func table(_ text: String, label: String = "table") async throws -> ReportedTable {
        let folder = try TemporaryFolder()
        return try await ResultFiles.read([try folder.write("t.csv", text)], format: .csv, ResultOptions(label: label))
    }

    /// What the daemon shows of a run that a plan made.
    private func view(_ run: EvaluationRun, set: String = "set") -> RunView {
        guard case .summary(let aggregation, let domains) = run.content else { fatalError("a plan makes summaries") }
        return RunView(
            id: run.id, digest: run.digest, checkpoint: "l/m", domainSet: set + "@1", scoring: run.scoring,
            protocolDigest: run.scoring.digest, evaluator: run.evaluator, environment: [:], effort: nil,
            reason: run.reason, evaluatedAt: run.evaluatedAt, recordedAt: run.evaluatedAt, supersedes: run.supersedes,
            aggregation: aggregation, domains: domains.map { DomainResult(name: $0.domain) })
    }

    private func step(
        _ text: String, recorded: [RunView], set: String = "set", revision: String = "1"
    ) async throws -> RecordingPlan.Run.Step {
        let run = try #require(try RecordingPlan(try await table(text), lineage: "l").runs.first)
        return run.step(lineage: "l", set: set, revision: Digest(ofText: revision), recorded: recorded)
    }

    private func new(_ step: RecordingPlan.Run.Step) throws -> (run: EvaluationRun, beside: [RunID]) {
        guard case .new(let run, let beside) = step else { throw ResultFileError.header("recorded already") }
        return (run, beside)
    }

    @Test("the same numbers are one run, whatever file or revision they come in; other numbers correct it; and back again")
    func identity() async throws {
        let first = try new(await step("model,domain,ppl\nm,a,2\nm,b,3", recorded: [])).run
        #expect(first.id.description.dropFirst(14).first == "8")
        let again = try await step("domain,model,perplexity\nb,m,3\na,m,2", recorded: [view(first)], revision: "2")
        guard case .recorded(let known) = again else {
            Issue.record("the same table is recorded twice")
            return
        }
        #expect(known == first.id)
        let corrected = try new(await step("model,domain,ppl\nm,a,2\nm,b,4", recorded: [view(first)])).run
        #expect(corrected.supersedes == first.id && corrected.id != first.id)
        let back = try new(await step("model,domain,ppl\nm,a,2\nm,b,3", recorded: [view(corrected), view(first)])).run
        #expect(back.supersedes == corrected.id && ![first.id, corrected.id].contains(back.id))
        #expect(try new(await step("model,domain,ppl\nm,a,2\nm,b,3", recorded: [view(first, set: "other")])).run.supersedes == nil)
    }

    @Test("a table corrects nothing but a table of its own protocol and aggregation, wherever it lay")
    func others() async throws {
        let numbers = "model,domain,ppl\nm,a,2"
        let first = try new(await step(numbers, recorded: [])).run
        for change in [
            { (run: inout EvaluationRun) in run.scoring = .stated(StatedProtocol(statement: "otherwise")) },
            { $0.content = .summary(.documentWeighted, [DomainSummary(domain: DomainName("a/a")!, meanNLL: 1)]) },
            { $0.reason = .scheduled },
        ] {
            var other = first
            change(&other)
            other.id = RunID(UUID())
            let (run, beside) = try new(await step("model,domain,ppl\nm,a,3", recorded: [view(other)]))
            #expect(run.supersedes == nil && beside.isEmpty)
        }
        let folder = try TemporaryFolder()
        let elsewhere = try await ResultFiles.read(
            [try folder.write("another name.csv", numbers)], format: .csv, ResultOptions(label: "table"))
        let run = try #require(try RecordingPlan(elsewhere, lineage: "l").runs.first)
        let made = try new(run.step(lineage: "l", set: "set", revision: Digest(ofText: "1"), recorded: [])).run
        #expect(made.id == first.id && made.environment != first.environment)
    }

    @Test("a table without some domains of an earlier one stays beside it")
    func beside() async throws {
        let first = try new(await step("model,domain,ppl\nm,a,2\nm,b,3", recorded: [])).run
        let part = try new(await step("model,domain,ppl\nm,a,2", recorded: [view(first)]))
        #expect(part.run.supersedes == nil && part.beside == [first.id])
    }

    @Test("checkpoints are named by their label and step, the baseline stands first, and a known name is that checkpoint")
    func names() async throws {
        let numbers = try await table("model,step,role,domain,ppl\norg/m,20,,a,2\norg/m,10,,a,2\norg/base,,baseline,a,3")
        let plan = try RecordingPlan(numbers, lineage: "l")
        #expect(plan.checkpoints.map(\.name) == ["base", "m-step-10", "m-step-20"] && plan.baseline?.name == "base")
        #expect(plan.checkpoints.allSatisfy { $0.isReported && $0.uri.hasPrefix("reported:org/") })
        #expect(Set(plan.checkpoints.map(\.digest)).count == 3)
        #expect(try RecordingPlan(numbers, lineage: "l", baseline: "m-step-10").checkpoints.first?.name == "m-step-10")
        #expect(throws: RecordingPlanError.self) { try RecordingPlan(numbers, lineage: "l", baseline: "none") }
        #expect(throws: RecordingPlanError.severalCheckpoints(["org/m", "org/m"])) {
            try RecordingPlan(numbers, lineage: "l", name: "one")
        }
        let own = CheckpointDescription(name: "m-step-10", uri: "file:///m", digest: Digest(ofText: "weights"), step: 10)
        #expect(try RecordingPlan(numbers, lineage: "l", known: [own]).checkpoints.contains(own))
        let two = try await table("model,domain,ppl\na/m,x,2\nb/m,x,3")
        #expect(try RecordingPlan(two, lineage: "l").checkpoints.map(\.name) == ["m", "b-m"])
        let nameless = try await table("model,domain,ppl\n//,x,2")
        #expect(throws: RecordingPlanError.unusableName("//")) { try RecordingPlan(nameless, lineage: "l") }
    }

    @Test("native lines go through the daemon's own rules; a line that is none is named")
    func native() async throws {
        let run = try new(await step("model,domain,ppl\nm,a,2", recorded: [])).run
        let line = String(decoding: try WireCoding.encode(run), as: UTF8.self)
        let request = String(decoding: try WireCoding.encode(RecordRunRequest(run: run, attempt: nil)), as: UTF8.self)
        let claimed = String(
            decoding: try WireCoding.encode(RecordRunRequest(run: run, attempt: AttemptReference(job: 1, fence: 1))), as: UTF8.self)
        let folder = try TemporaryFolder()
        let unheard = line.replacing(#""evaluator":"#, with: #""unheard_of":1,"evaluator":"#)
        let lines = [line, "", request, claimed, line.replacing("mean_nll", with: "mean"), "{", unheard]
        let path = try folder.write("runs.jsonl", lines.joined(separator: "\n"))
        func read(_ path: String) async throws -> (runs: [EvaluationRun], skipped: [SkippedResult]) {
            var (runs, skipped) = ([EvaluationRun](), [SkippedResult]())
            try await NativeRuns.read([path], skip: { skipped.append($0) }, take: { runs.append($0) })
            return (runs, skipped)
        }
        let (runs, skipped) = try await read(path)
        #expect(runs == [run, run])
        #expect(skipped.map { $0.place.suffix(2) } == [":4", ":5", ":6", ":7"])
        #expect(skipped.first?.field == "/attempt" && skipped.last?.field?.hasSuffix("unheard_of") == true)
        #expect(skipped.dropLast().last?.description == path + ":6: is not valid JSON")
        let pretty = try folder.write("run.json", String(decoding: try WireCoding.encode(run, pretty: true), as: UTF8.self))
        #expect(try await read(pretty).runs == [run])
        let damaged = try await read(try folder.write("damaged.jsonl", "{\n" + line))
        #expect(damaged.runs == [run] && damaged.skipped.map(\.place).allSatisfy { $0.hasSuffix("damaged.jsonl:1") })
    }
}
