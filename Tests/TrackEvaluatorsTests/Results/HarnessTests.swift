import FoundationEssentials
import Testing
import TrackCore
import TrackEvaluators

/// Files of lm-evaluation-harness and OLMo-Eval; where they come from, `Fixtures/README.md` says.
@Suite struct HarnessTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path

    private func fixture(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(Self.fixtures)/\(name)")), as: UTF8.self)
    }

    private func read(_ format: ResultFormat, _ paths: String...) async throws -> ReportedTable {
        try await ResultFiles.read(paths, format: format, ResultOptions(label: "unnamed"))
    }

    private static let time = "2026-11-21T15-08-49.631880"

    @Test("samples give exact sums per subdomain and byte; other tasks are named")
    func samples() async throws {
        let table = try await read(.lmEval, Self.fixtures + "/lm-eval")
        let run = try #require(table.runs.first { $0.key.checkpoint.label == "/models/tiny" })
        #expect(run.domains.map(\.domain.description) == ["tiny_paloma/poems", "tiny_paloma/recipes"])
        #expect(run.domains.map(\.bytes) == [79, 106])
        #expect(run.key.scoring.unit == .byte && run.key.aggregation == .tokenWeighted)
        // 258.30133…, the byte perplexity over both, as the results file has it.
        let bytes: [Double] = [79, 106]
        let mean = zip(run.domains, bytes).map { $0.meanNLL * $1 }.reduce(0, +) / 185
        #expect(abs(mean - 5.554_126_9) < 1e-6)
        #expect(
            run.key.scoring.statement
                == "lm-evaluation-harness 0.4.13, hf, loglikelihood_rolling, windows of 64, add_bos_token False, float32, task version 1")
        #expect(run.evaluator == "lm-eval 0.4.13" && run.evaluatedAt.description == "2026-11-21T15:08:19.107Z")
        #expect(table.skipped.contains { $0.place.contains("tiny_choice") && $0.reason.contains("no perplexity task") })
    }

    @Test("results of old versions have keys without a filter, and tasks without samples one number")
    func old() async throws {
        let table = try await read(.lmEval, Self.fixtures + "/lm-eval/old.json")
        let run = try #require(table.runs.first)
        #expect(table.runs.count == 1 && run.key.checkpoint == ReportedCheckpoint(label: "EleutherAI/pythia-160m", step: 100_000))
        #expect(run.domains.map(\.domain.description) == ["wikitext/wikitext"])
        #expect(abs(run.domains[0].meanNLL - 0.9464 * 0.693_147_180_559_945_3) < 1e-12)
        #expect(table.skipped.map(\.reason) == ["is no perplexity task: it has acc, ppl, and nothing of it is recorded"])
    }

    @Test("samples that lie about their counts are named, counted, and the rest goes on")
    func lies() async throws {
        let folder = try TemporaryFolder()
        let lines = try fixture("lm-eval/samples_tiny_paloma_\(Self.time).jsonl").split(separator: "\n").map(String.init)
        try folder.write("results_\(Self.time).json", try fixture("lm-eval/results_\(Self.time).json"))
        let broken = lines[2].replacing("\"byte_perplexity\": [-", with: "\"byte_perplexity\": [")
        let samples = [lines[0], lines[1], lines[0], broken, "{\"doc_id\": 9"].joined(separator: "\n")
        try folder.write("samples_tiny_paloma_\(Self.time).jsonl", samples)
        let table = try await read(.lmEval, folder.path)
        #expect(table.runs.first?.domains.map(\.domain.description) == ["tiny_paloma/poems"])
        #expect(table.runs.first?.domains.first?.bytes == 79)
        let fields = table.skipped.map { $0.field ?? "" }
        #expect(fields == ["", "doc_id", "byte_perplexity", "/doc_id", "n-samples", "bits_per_byte,none"], "\(table.skipped)")
        #expect(table.skipped[1].place.hasSuffix(".jsonl:3") && table.skipped[3].place.hasSuffix(".jsonl:5"))
    }

    @Test("numbers that Python writes as words are numbers")
    func infinity() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "results.json",
            #"{"results": {"a": {"byte_perplexity,none": Infinity}, "b": {"bits_per_byte,none": NaN, "alias": "NaN \" Infinity"}}}"#)
        let table = try await read(.lmEval, path)
        #expect(table.runs.first?.domains.map(\.meanNLL) == [.infinity])
        #expect(table.skipped.map(\.field) == ["bits_per_byte,none"])
    }

    @Test("predictions are exact, and the metrics of the same task give way to them")
    func predictions() async throws {
        let table = try await read(.olmoEval, Self.fixtures + "/olmo-eval/metrics.json", Self.fixtures + "/olmo-eval/predictions.jsonl")
        let run = try #require(table.runs.first)
        #expect(table.runs.count == 1 && run.key.checkpoint == ReportedCheckpoint(label: "EleutherAI/pythia-1b", step: 3000))
        #expect(run.domains.map(\.domain.description) == ["tiny/a", "tiny/b"])
        #expect(run.domains.map(\.meanNLL) == [3, 2.5] && run.domains.map(\.tokens) == [30, 10] && run.domains.map(\.bytes) == [124, 40])
        #expect(run.key.scoring.statement == "OLMo-Eval, windows of 2048, split test, at most 1000 documents a task, seed 1234")
        #expect(table.notes == ["The metrics of ppl_tiny are not read: its predictions are exact."])
        #expect(table.skipped.map(\.reason) == ["is no perplexity task: it has rc_metrics, and nothing of it is recorded"])
    }

    @Test("metrics and wide tables give one perplexity per domain; where their writer cuts off, it is named")
    func metrics() async throws {
        for file in ["metrics.json", "ppl_token_ppl_tiny_subdomains.jsonl.gz"] {
            let table = try await read(.olmoEval, "\(Self.fixtures)/olmo-eval/\(file)")
            let run = try #require(table.runs.first)
            #expect(run.domains.map(\.domain.description) == ["tiny/a", "tiny/b"])
            #expect(zip(run.domains, [3, 2.5]).allSatisfy { abs($0.meanNLL - $1) < 1e-12 })
            #expect(table.skipped.count == 1)
        }
        let wide = try await read(.olmoEval, Self.fixtures + "/olmo-eval/ppl_token_ppl_tiny_subdomains.jsonl.gz")
        #expect(wide.skipped.map(\.field) == ["c"] && wide.runs.first?.evaluatedAt.description == "2023-11-05T18:03:11.000Z")
    }

    @Test("predictions that are fewer than they say are named")
    func missing() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "predictions.jsonl", try fixture("olmo-eval/predictions.jsonl").replacing("\"num_instances\": 3", with: "\"num_instances\": 4"))
        #expect(try await read(.olmoEval, path).skipped.map(\.field) == ["num_instances"])
    }

    @Test("a group's mean is no perplexity of a text, a limit is a part of the protocol, and another file is none of the harness's")
    func settings() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "results.json",
            """
            {"results": {"paloma": {"word_perplexity,none": 30}, "paloma_c4_en": {"word_perplexity,none": 20}},
             "group_subtasks": {"paloma": ["paloma_c4_en"], "paloma_c4_en": []},
             "config": {"model": "hf", "model_args": "pretrained=m,revision=step1000-tokens4B,max_length=512", "limit": 100.0}}
            """)
        let table = try await read(.lmEval, path)
        #expect(table.runs.first?.domains.map(\.domain.description) == ["c4_en/c4_en"])
        #expect(table.runs.first?.key.scoring.unit == .word && table.runs.first?.key.checkpoint.step == 1000)
        let statement = try #require(table.runs.first?.key.scoring.statement)
        #expect(statement.hasSuffix("limit 100") && statement.contains("windows of 512") && statement.contains("add_bos_token by default"))
        #expect(table.skipped.map(\.reason) == ["is a group's mean over its tasks, and no perplexity of a text"])
        let other = try folder.write("other.json", #"{"metrics": []}"#)
        let error = await #expect(throws: ResultFileError.self) { try await read(.lmEval, other) }
        #expect(error?.description.contains("no results file of lm-evaluation-harness") == true)
    }

    @Test("samples belong to the results of their own time and folder; without any they say so")
    func strangers() async throws {
        let folder = try TemporaryFolder()
        let samples = try fixture("lm-eval/samples_tiny_paloma_\(Self.time).jsonl")
        try folder.write("one/results_\(Self.time).json", try fixture("lm-eval/results_\(Self.time).json"))
        try folder.write("one/samples_tiny_paloma_2026-11-22T10-00-00.jsonl", samples)
        try folder.write("two/samples_tiny_paloma_\(Self.time).jsonl", samples)
        let table = try await read(.lmEval, folder.path)
        let own = try #require(table.runs.first { $0.key.checkpoint.label == "/models/tiny" })
        #expect(own.domains.map(\.domain.description) == ["tiny_paloma/tiny_paloma"], "the results' own number of the task")
        #expect(table.notes.count == 2 && table.notes.allSatisfy { $0.contains("has no results file beside it") })
    }

    @Test("a sample without weight is none")
    func weight() async throws {
        let folder = try TemporaryFolder()
        let lines = ["[-3.0, 2]", "[-1.0, 0]", "[-1.0, -2]"].enumerated().map {
            #"{"doc_id": \#($0), "doc": {}, "byte_perplexity": \#($1)}"#
        }
        let path = try folder.write("samples_a_\(Self.time).jsonl", lines.joined(separator: "\n"))
        let table = try await read(.lmEval, path)
        #expect(table.runs.first?.domains.map(\.meanNLL) == [1.5])
        #expect(table.skipped.map { $0.place.suffix(2) } == [":2", ":3"])
    }

    @Test(
        "a prediction above probability 1 or of no token is none",
        arguments: [#""sum_logits": 0.5, "num_tokens": 3"#, #""sum_logits": -3.0, "num_tokens": 0"#])
    func predictionSign(_ bad: String) async throws {
        let folder = try TemporaryFolder()
        func prediction(_ output: String) -> String {
            #"{"instance": {"subdomain": "a"}, "prediction": {"model_output": {\#(output)}}}"#
        }
        let good = prediction(#""sum_logits": -4.0, "num_tokens": 2"#)
        let path = try folder.write(
            "predictions.jsonl",
            #"{"task": "ppl_tiny", "model": "m", "instance_predictions": [\#(prediction(bad)), \#(good)]}"#)
        let table = try await read(.olmoEval, path)
        #expect(table.runs.first?.domains.map(\.meanNLL) == [2])
        #expect(table.skipped.map(\.field) == ["sum_logits"])
    }
}
