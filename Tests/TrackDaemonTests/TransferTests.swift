import FoundationEssentials
import Glibc
import Postgres
import SystemPackage
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    @Suite struct TransferTests {
        @Test("an export that went through an empty system is the same, byte for byte, and so is every run")
        func roundTrip() async throws {
            let site = try Site.here
            let first = try await site.daemon("transfer-a")
            let history = try await History(first)
            let a = site.root + "/export-a"
            try await export(first, to: a)
            let second = try await site.daemon("transfer-b")
            try await importAll(a, into: second)
            let b = site.root + "/export-b"
            try await export(second, to: b)
            try await expectSame(a, b)
            try await second.with { client in
                for run in history.runs {
                    let view = try await client.run(run.id)
                    #expect(view.digest == run.digest && view.supersedes == run.supersedes)
                }
                let status = try await client.status()
                #expect(status.runs == history.runs.count)
                let checkpoints = try await client.checkpoints(lineage: "second")
                #expect(checkpoints.first?.checkpoint.isBaseline == true)
                #expect(checkpoints.allSatisfy { $0.checkpoint.parent != nil })
                #expect(try await client.revisions(of: "first").map(\.number) == [2, 1])
            }
            // Judged anew from all runs.
            let judged = try await eventually {
                let count = try await second.read { db in try db.one("SELECT count(*) FROM review_due", as: Int.self) }
                return count == 0 ? true : nil
            }
            #expect(judged == true)
            // The same again changes nothing.
            try await importAll(a, into: second)
            let c = site.root + "/export-c"
            try await export(second, to: c)
            try await expectSame(a, c)
            for daemon in [first, second] { try await daemon.stop() }
        }

        @Test("a choice of lineages is all that they need, and nothing of others")
        func choice() async throws {
            let site = try Site.here
            let daemon = try await site.daemon("transfer-choice")
            _ = try await History(daemon)
            let path = site.root + "/export-choice"
            let missing = try await Tool.run("track", "export", "--to", path + "-none", "--lineage", "nobody", on: daemon.folder)
            #expect(missing.status == 1 && missing.errors.contains("no lineage nobody"), "\(missing.errors)")
            try await export(daemon, to: path, "--lineage", "second")
            let other = try await site.daemon("transfer-chosen")
            try await importAll(path, into: other)
            let (lineages, sets) = try await other.with { client in
                (try await client.lineages().map(\.name), try await client.domainSets().map(\.name))
            }
            #expect(lineages == ["second"])
            #expect(sets == ["second", "summaries"])
            for daemon in [daemon, other] { try await daemon.stop() }
        }

        @Test("a line that was changed is refused by its file and number, and nothing of its request is kept")
        func changedLine() async throws {
            let site = try Site.here
            let source = try await site.daemon("transfer-source")
            let history = try await History(source)
            let path = site.root + "/export-changed"
            try await export(source, to: path)
            try await source.stop()
            let target = try await site.daemon("transfer-target")
            let run = try #require(history.runs.first)
            let name = "runs/\(run.checkpoint.lineage)/\(run.checkpoint.digest.hex).jsonl"
            let file = path + "/" + name
            let text = try String(decoding: Data(contentsOf: URL(filePath: file)), as: UTF8.self)
            let changed = text.replacing(#""host":"été ☕""#, with: #""host":"another""#)
            #expect(changed != text)
            try Data(changed.utf8).write(to: URL(filePath: file))
            let noticed = try await Tool.run("track", "import", path, on: target.folder)
            #expect(noticed.status == 1 && noticed.errors.contains(name) && noticed.errors.contains("Nothing was imported"))
            #expect(try await target.with { client in try await client.lineages().isEmpty })
            // With a manifest that fits, the daemon is the one that notices.
            let manifest = URL(filePath: path + "/manifest.json")
            let list = try String(decoding: Data(contentsOf: manifest), as: UTF8.self)
                .replacing(Digest(ofText: text).description, with: Digest(ofText: changed).description)
                .replacing("\"bytes\" : \(text.utf8.count)", with: "\"bytes\" : \(changed.utf8.count)")
            try Data(list.utf8).write(to: manifest)
            let refused = try await Tool.run("track", "import", path, on: target.folder)
            #expect(refused.status == 1 && refused.errors.contains("\(name): Line 1: The run \(run.id)"), "\(refused.errors)")
            let unrecorded = try await target.refusal { client in _ = try await client.run(run.id) }
            #expect(unrecorded?.status == 404)
            try await target.stop()
        }

        @Test("an export and an import that were killed at any moment, and so the daemon, go on and end the same")
        func kills() async throws {
            let site = try Site.here
            let source = try await site.daemon("transfer-kill-a")
            _ = try await History(source, moreRuns: 40)
            let whole = site.root + "/export-whole"
            try await export(source, to: whole)
            let torn = site.root + "/export-torn"
            try await untilDone(["export", "--to", torn], on: source)
            try await expectSame(whole, torn)
            var target = try await site.daemon("transfer-kill-b")
            try await untilDone(["import", torn], on: target)
            // Once more from the beginning, and this time the daemon dies.
            var other = try await site.daemon("transfer-kill-c")
            let program = try Tool.start("track", ["import", torn], on: other.folder)
            let begun = try await eventually {
                let runs = try? await other.with { client in try await client.status().runs }
                return (runs ?? 0) > 0 ? true : nil
            }
            #expect(begun == true)
            try await other.kill()
            other = try await RunningDaemon(other.folder)
            #expect(try await program.ended(within: .seconds(120)) == 0, "\(program.errors)")
            for (daemon, name) in [(target, "export-target"), (other, "export-other")] {
                let path = site.root + "/" + name
                try await export(daemon, to: path)
                try await expectSame(whole, path)
            }
            target = other
            for daemon in [source, target] { try await daemon.stop() }
        }

        @Test("an export keeps out of folders that are not its own")
        func folders() async throws {
            let site = try Site.here
            let path = site.root + "/export-folder"
            let daemon = site.shared
            try await export(daemon, to: path)
            let again = try await Tool.run("track", "export", "--to", path, on: daemon.folder)
            #expect(again.status == 1 && again.errors.contains("finished"), "\(again.errors)")
            let foreign = site.root + "/foreign"
            try FileManager.default.createDirectory(atPath: foreign, withIntermediateDirectories: false)
            try Data("mine".utf8).write(to: URL(filePath: foreign + "/notes.txt"))
            let refused = try await Tool.run("track", "export", "--to", foreign, on: daemon.folder)
            #expect(refused.status == 1 && refused.errors.contains("not empty"), "\(refused.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: foreign) == ["notes.txt"])
            let before = site.root + "/before-restore"
            try FileManager.default.createDirectory(atPath: before, withIntermediateDirectories: false)
            let begun = #"{"moment":{"before":"2026-11-21T00:00:00.000Z","epoch":"another"}}"#
            try Data(begun.utf8).write(to: URL(filePath: before + "/.export.json"))
            let outdated = try await Tool.run("track", "export", "--to", before, on: daemon.folder)
            #expect(outdated.status == 1 && outdated.errors.contains("restored or replaced"), "\(outdated.errors)")
            let empty = try await Tool.run("track", "import", foreign, on: daemon.folder)
            #expect(empty.status == 1 && empty.errors.contains("manifest.json"), "\(empty.errors)")
        }

        private func export(_ daemon: RunningDaemon, to path: String, _ more: String...) async throws {
            let program = try Tool.start("track", ["export", "--to", path] + more, on: daemon.folder)
            #expect(try await program.ended(within: .seconds(120)) == 0, "\(program.errors)")
        }

        private func importAll(_ path: String, into daemon: RunningDaemon) async throws {
            let answer = try await Tool.run("track", "import", path, on: daemon.folder)
            #expect(answer.status == 0, "\(answer.errors)")
        }

        private func expectSame(_ a: String, _ b: String) async throws {
            let difference = try Program("/usr/bin/diff", ["-r", a, b], environment: [:], log: b + ".diff")
            #expect(try await difference.ended() == 0, "\(a) and \(b) differ")
            #expect(try FileManager.default.subpathsOfDirectory(atPath: a).count > 5)
        }

        /// Kills a command later and later, until it has the time to end by itself.
        private func untilDone(_ arguments: [String], on daemon: RunningDaemon) async throws {
            for moment in 1...200 {
                let program = try Tool.start("track", arguments, on: daemon.folder)
                if let status = try await program.ended(within: .milliseconds(20 * moment)) {
                    // The one before may have been killed when all but its own end was done.
                    #expect(status == 0 || (moment > 1 && program.errors.contains("is finished")), "\(program.errors)")
                    return
                }
                program.send(SIGKILL)
                _ = try await program.ended()
            }
            Issue.record("it never ended")
        }
    }
}

/// Two lineages with everything that an export must carry.
private struct History {
    private(set) var runs: [EvaluationRun] = []

    init(_ daemon: RunningDaemon, moreRuns: Int = 0) async throws {
        runs = try await daemon.with { client in try await History.make(client, moreRuns: moreRuns) }
    }

    private static func make(_ client: DaemonClient, moreRuns: Int) async throws -> [EvaluationRun] {
        var runs: [EvaluationRun] = []
        let first = try await Evaluations("first", client: client)
        // More documents than a page of the listing has.
        let pages = (0..<1100).map { DocumentLine(domain: 2, text: "page \($0), naïve “text”\n\t\u{1F600} \u{2028}") }
        let conversation = DocumentContent.chat([
            ChatMessage(role: "user", content: "„Wie bitte?“\n"), ChatMessage(role: "assistant", content: "\u{1F600}"),
        ])
        let many = Evaluations.documents("first") + pages + [DocumentLine(domain: 2, content: conversation)]
        let grown = try await client.addRevision(of: "first", Evaluations.head(seed: 2), documents: many).revision
        for step in [0, 20, 10] as [Int64] { try await first.add(step, client: client) }
        var whole = first.run(0)
        whole.environment = ["host": "été ☕", "a_b": "", "gpu name": "\"H200\"\\"]
        whole.evaluator = "prüfer 1"
        runs.append(whole)
        var broken = first.run(10, at: Timestamp(milliseconds: 1_795_000_500_123))
        broken.revision = grown.digest
        broken.scoring = .scored(ScoringProtocol(context: 128, dtype: .bfloat16))
        let scores = DocumentScores(
            nll: [.infinity, 0, 0.1 + 0.2], tokens: [1, 2, 3], bytes: [5, 6, 7], words: [1, 0, 2],
            histogram: [6] + [Int64](repeating: 0, count: TokenHistogram.binCount - 1))
        broken.content = .documents([
            DomainMeasurement(domain: Evaluations.domains[2], outcome: .failed(reason: "außer Betrieb: \"NaN\"\n")),
            DomainMeasurement(domain: Evaluations.domains[0], outcome: .measured(scores)),
        ])
        runs.append(broken)
        // A correction from a machine whose clock is behind: its id is the smaller one. And one of the correction.
        var correction = first.run(0, factors: [1, 2, 1], at: Timestamp(milliseconds: 1_794_000_000_000))
        correction.supersedes = whole.id
        var second = first.run(0, factors: [1, 3, 1], at: Timestamp(milliseconds: 1_793_000_000_000))
        second.supersedes = correction.id
        runs += [correction, second]
        runs += (0..<moreRuns).map { first.run(20, factors: [1, 1 + Double($0) / 10, 1]) }

        let other = try await Evaluations("second", client: client)
        for step in [0, 5] as [Int64] {
            var description = other.description(step)
            description.uri = "file:///modèles/第二/\(step)"
            description.architecture = "Größe"
            description.tokenizer = Digest(ofText: "tokenizer")
            description.maximumContext = 2048
            _ = try await client.addCheckpoint(
                AddCheckpointRequest(
                    lineage: "second", checkpoint: description, parent: step == 0 ? "first/checkpoint-20" : nil, inDomain: ["code/*"],
                    domainSet: "second", evaluate: false))
        }
        let summaries = try await client.addRevision(
            of: "summaries", DomainSetUpload(kind: .summary, split: "val", seed: 0, domains: Evaluations.domains), documents: []
        ).revision
        var table = other.run(5)
        table.reason = .imported
        table.revision = summaries.digest
        table.content = .summary(
            .documentWeighted,
            [
                DomainSummary(domain: Evaluations.domains[1], meanNLL: 2.5, tokens: 17),
                DomainSummary(domain: Evaluations.domains[0], meanNLL: .infinity),
            ])
        runs += [other.run(0), table]
        for run in runs { #expect(try await client.record(run) == .accepted) }
        return runs
    }
}
