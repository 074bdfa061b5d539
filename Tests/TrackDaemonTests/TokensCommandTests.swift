import FoundationEssentials
import Testing
import TrackClient
import TrackCore
import TrackEvaluators

extension DaemonTests {
    /// `track tokens`, as a person runs it, with an evaluator whose every document is one token.
    @Suite struct TokensCommandTests {
        private struct Report: Decodable {
            struct Document: Decodable {
                struct Piece: Decodable { let text: String }

                let pieces: [Piece]
            }

            let checkpoint: String
            let numbers: [Int]
            let documents: [Document]
            var texts: [String] { documents.flatMap(\.pieces).map(\.text) }
        }

        private static let evaluator = """
            #!/usr/bin/env python3
            import json, sys
            lines = [json.loads(line) for line in open("documents.jsonl")]
            for number, line in enumerate(lines, 1):
                piece = {"text": line["text"], "ids": [number], "nll": [number]}
                print(json.dumps({"type": "document", "number": number, "pieces": [piece]}))
            types = {"id": [7], "text": ["x"], "count": [len(lines)], "nll": [1], "rest": {"count": 0, "nll": 0}}
            histogram = [len(lines)] + [0] * 18
            print(json.dumps({"type": "done", "context": 64, "tokens": len(lines), "nll": 1, "histogram": histogram, "types": types}))

            """

        private let root: String
        private let lineage = "tokens-\(UUID().uuidString.prefix(8))"
        private let daemon: RunningDaemon

        init() throws {
            daemon = try Site.here.shared
            root = try Site.here.root + "/" + lineage
            try write("python", Self.evaluator)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: root + "/python")
        }

        private func write(_ name: String, _ text: String) throws {
            let folder = (root + "/" + name).split(separator: "/").dropLast().map { "/" + $0 }.joined()
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: root + "/" + name))
        }

        /// Adds a checkpoint whose folder is here, with a run on three domains of three documents each.
        private func add(_ name: String, tokenizer: String, _ client: DaemonClient) async throws {
            let header = #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
            let size = String(UnicodeScalar(UInt8(header.utf8.count))) + String(repeating: "\0", count: 7)
            try write(name + "/model.safetensors", size + header + name.prefix(4))
            try write(name + "/config.json", "{}")
            try write(name + "/tokenizer.json", #"{"model": {"vocab": {"\#(tokenizer)": 1}}}"#)
            let names = try ["a/a", "b/b", "c/c"].map { try #require(DomainName($0)) }
            let upload = DomainSetUpload(kind: .documents, split: "test", seed: 1, domains: names)
            let lines = names.indices.flatMap { domain in
                (1...3).map { DocumentLine(domain: domain, text: "text \($0) of \(domain) for \(lineage)") }
            }
            let revision = try await client.addRevision(of: lineage, upload, documents: lines).revision
            let checkpoint = try CheckpointFolder.read(path: root + "/" + name).checkpoint
            _ = try await client.addCheckpoint(
                AddCheckpointRequest(
                    lineage: lineage, checkpoint: checkpoint, inDomain: ["a/*"], domainSet: lineage, evaluate: false))
            let scores = DocumentScores(nll: [1, 1, 1], tokens: [1, 1, 1], bytes: [1, 1, 1], words: [1, 1, 1], histogram: [])
            let time = Timestamp(milliseconds: 1_795_000_000_000)
            let run = EvaluationRun(
                id: RunID.make(at: time), checkpoint: CheckpointKey(lineage: lineage, digest: checkpoint.digest),
                revision: revision.digest, scoring: ScoringProtocol(), evaluator: "test 1", environment: [:], reason: .manual,
                evaluatedAt: time, content: .documents(names.map { DomainMeasurement(domain: $0, outcome: .measured(scores)) }))
            #expect(try await client.record(run) == .accepted)
        }

        private func tokens(_ words: String...) async throws -> (status: Int32?, report: Report?, errors: String) {
            let output = root + "/\(UUID().uuidString).out"
            let program = try Program(
                try Tool.path(of: "track"), ["tokens"] + words + ["--json"],
                environment: [
                    "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": daemon.folder.path, "TRACK_STATE_FOLDER": daemon.folder.path,
                    "TRACK_EVALUATOR_PYTHON": root + "/python",
                ], log: root + "/\(UUID().uuidString).log", output: output)
            let status = try await program.ended(within: .seconds(120))
            let report = try? WireCoding.decode(Report.self, from: Data(contentsOf: URL(filePath: output)))
            return (status, report, program.errors)
        }

        @Test("the documents of the domain that was asked for are shown, by number or from the first on")
        func documents() async throws {
            try await daemon.with { try await add("checkpoint-1", tokenizer: "x", $0) }
            let first = try await tokens("\(lineage)/checkpoint-1", "--domain", "b/b", "--documents", "2")
            let report = try #require(first.report, "\(first.errors)")
            #expect(report.checkpoint == "\(lineage)/checkpoint-1" && report.numbers == [1, 2])
            let all = try #require(try await tokens("\(lineage)/checkpoint-1", "--domain", "b/b", "--documents", "9").report)
            #expect(all.numbers == [1, 2, 3] && Set(all.texts) == Set((1...3).map { "text \($0) of 1 for \(lineage)" }))
            #expect(Array(all.texts.prefix(2)) == report.texts)
            let third = try #require(try await tokens("\(lineage)/checkpoint-1", "--domain", "b/b", "--document", "3").report)
            #expect(third.numbers == [3] && third.texts == [all.texts[2]])
            let none = try await tokens("\(lineage)/checkpoint-1", "--domain", "b/b", "--document", "4")
            #expect(none.status == 1 && none.errors.contains("b/b has 3 documents."), "\(none.errors)")
        }

        @Test("an evaluator that ends before its last document, or a checkpoint that has changed, gives no answer")
        func refused() async throws {
            try await daemon.with { try await add("checkpoint-1", tokenizer: "x", $0) }
            try write("python", Self.evaluator.replacing(", 1):", with: ", 1):\n    if number == 2: continue"))
            let cut = try await tokens("\(lineage)/checkpoint-1", "--domain", "b/b", "--documents", "2")
            #expect(cut.status == 1 && cut.errors.contains("before it had told every document"), "\(cut.errors)")
            try write("checkpoint-1/config.json", #"{"hidden_size": 1}"#)
            let changed = try await tokens("\(lineage)/checkpoint-1", "--domain", "b/b")
            #expect(changed.status == 1 && changed.errors.contains("has changed since"), "\(changed.errors)")
        }

        @Test("checkpoints with other tokenizers are not put beside each other")
        func tokenizers() async throws {
            try await daemon.with { client in
                try await add("checkpoint-1", tokenizer: "x", client)
                try await add("other-2", tokenizer: "y", client)
            }
            let refused = try await tokens("\(lineage)/other-2", "--domain", "b/b", "--against", "\(lineage)/checkpoint-1")
            #expect(refused.status == 1 && refused.errors.contains("cut text into tokens differently"), "\(refused.errors)")
        }
    }
}
