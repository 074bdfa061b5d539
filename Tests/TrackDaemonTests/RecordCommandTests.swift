import FoundationEssentials
import Postgres
import Testing
import TrackClient
import TrackCore
import TrackReview

extension DaemonTests {
    /// `track record`, as a person runs it.
    @Suite struct RecordCommandTests {
        /// The perplexities that "Perplexity: The Poetry of Uncertainty" prints.
        private static let table = """
            model,role,text_format,domain,perplexity
            meta-llama/Llama-2-7b-hf,baseline,raw,sft-data,10.266649146981344
            meta-llama/Llama-2-7b-chat-hf,fine-tuned,raw,sft-data,6.7316364438131675
            meta-llama/Llama-2-7b-chat-hf,fine-tuned,assistant-only,sft-data,3.8855575447740236
            meta-llama/Llama-2-7b-hf,baseline,raw,healthcare,13.936028931681786
            meta-llama/Llama-2-7b-chat-hf,fine-tuned,raw,healthcare,18.254311566365946
            meta-llama/Llama-2-7b-chat-hf,fine-tuned,assistant-only,healthcare,17.49617187783925

            """

        private func file(_ name: String, _ text: String) throws -> String {
            let path = try "\(Site.here.root)/\(name)"
            try Data(text.utf8).write(to: URL(filePath: path))
            return path
        }

        private func card(_ lineage: String, _ client: DaemonClient) async throws -> (Scorecard, page: Data) {
            let view = try #require(try await client.publishScorecards(ReportRequest(lineage: lineage, week: nil)).first)
            let card = try WireCoding.decode(Scorecard.self, from: try Data(contentsOf: URL(filePath: view.jsonPath)))
            return (card, try Data(contentsOf: URL(filePath: view.htmlPath)))
        }

        @Test("a table of two models shows the divergence, observed and untested, and nobody is paged")
        func divergence() async throws {
            let daemon = try await Site.here.daemon("record-divergence")
            let path = try file("llama-chat.csv", Self.table)
            let (status, errors) = try await Tool.run(
                "track", "record", path, "--format", "csv", "--aggregation", "document-weighted", "--in-domain", "sft-data",
                on: daemon.folder)
            #expect(status == 0, "\(errors)")
            try await daemon.with { client in
                let listed = try await eventually {
                    let found = try await client.checkpoints(lineage: "llama-chat")
                    return found.contains { $0.verdict != nil } ? found : nil
                }
                #expect(listed?.map(\.checkpoint.description.name) == ["Llama-2-7b-hf", "Llama-2-7b-chat-hf"])
                #expect(listed?.map(\.verdict) == [nil, "observed diverged"])
                #expect(listed?.allSatisfy { $0.checkpoint.description.isReported && $0.openJobs == 0 } == true)

                let (card, page) = try await card("llama-chat", client)
                #expect(card.headline.status == .observedDiverged)
                #expect(card.headline.sentence.contains("in-domain perplexity fell by 34.4 %, OOD perplexity rose by 31 %"))
                #expect(card.scoring?.summary == "as reported, text format raw")
                #expect(card.domains.map(\.verdict).sorted { $0.rawValue < $1.rawValue } == [.observedImproved, .observedRegressed])
                #expect(card.domains.allSatisfy { $0.change?.low == nil && $0.adjustedP == nil })
                #expect(card.divergence?.p == nil && card.divergence?.isDiverged == false && card.divergence?.gap.low == nil)
                #expect(card.alerts.isEmpty && card.provenance.allSatisfy { $0.isReported == true && $0.reason == .imported })
                let text = String(decoding: page, as: UTF8.self)
                #expect(text.contains("weights unknown") && text.contains("observed to diverge, untested"))
                #expect(try await client.alerts(all: true).contains { $0.lineage == "llama-chat" } == false)

                let compared = try await client.compare("llama-chat/Llama-2-7b-chat-hf", with: nil)
                #expect(compared.domains.map(\.verdict) == [.observedImproved, .observedRegressed])
                let shown = try await client.checkpoint("llama-chat/Llama-2-7b-chat-hf")
                let stated = Set(shown.runs.map(\.scoring.summary))
                #expect(stated == ["as reported, text format raw", "as reported, text format assistant-only"])

                let refused = try await daemon.refusal { client in
                    _ = try await client.evaluate(
                        EvaluateRequest(checkpoint: "llama-chat/Llama-2-7b-hf", domainSet: nil, scoring: nil, request: UUID()))
                }
                #expect(refused?.detail.contains("no weights") == true)
            }
            try await daemon.stop()
        }

        @Test("the same file again changes nothing, and a corrected one supersedes what it corrects")
        func again() async throws {
            let daemon = try await Site.here.daemon("record-again")
            func record(_ path: String, _ more: String...) async throws -> (status: Int32?, errors: String) {
                let program = try Tool.start(
                    "track", ["record", path, "--format", "csv", "--lineage", "corrected"] + more, on: daemon.folder)
                return (try await program.ended(within: .seconds(120)), program.errors)
            }
            func runs() async throws -> [RunView] {
                try await daemon.with { try await $0.checkpoint("corrected/Llama-2-7b-hf").runs }
            }
            #expect(try await record(try file("first.csv", Self.table)).status == 0)
            let first = try await runs()
            #expect(try await record(try file("second.csv", Self.table)).status == 0)
            #expect(try await runs().map(\.id) == first.map(\.id))
            let corrected = try file("corrected.csv", Self.table.replacing("10.266649146981344", with: "10.3") + "x,baseline,raw,bad,0.2\n")
            let (strict, errors) = try await record(corrected, "--strict")
            #expect(strict == 1 && errors.contains("corrected.csv:8, perplexity: is 0.2, and no perplexity is below 1"), "\(errors)")
            let now = try await runs()
            #expect(now.count == 2 && now.contains { $0.supersedes == first.first?.id })
            #expect(try await record(corrected).status == 0)
            #expect(try await runs().count == 2)
            // A list with another domain is the next revision of the set.
            #expect(try await record(try file("more.csv", Self.table + "meta-llama/Llama-2-7b-hf,baseline,raw,law,9\n")).status == 0)
            #expect(try await daemon.with { try await $0.revisions(of: "corrected") }.map(\.domains.count) == [3, 2])
            try await daemon.stop()
        }

        @Test("a lineage keeps its baseline, and a table's domains join no set of documents; one list under two names is two sets")
        func lists() async throws {
            let daemon = try await Site.here.daemon("record-lists")
            func record(_ lineage: String, _ text: String, _ more: String...) async throws -> (status: Int32?, errors: String) {
                let path = try file("\(UUID().uuidString).csv", text)
                let program = try Tool.start(
                    "track", ["record", path, "--format", "csv", "--lineage", lineage] + more, on: daemon.folder)
                return (try await program.ended(within: .seconds(120)), program.errors)
            }
            func baselines(_ lineage: String) async throws -> [String] {
                try await daemon.with { try await $0.checkpoints(lineage: lineage) }.map(\.checkpoint).filter(\.isBaseline)
                    .map(\.description.name)
            }
            #expect(try await record("one", "model,role,domain,ppl\nfirst,baseline,a,3\nsecond,,a,2\n").status == 0)
            #expect(try await record("one", "model,role,domain,ppl\nthird,baseline,a,4\n").status == 0)
            #expect(try await baselines("one") == ["first"])
            #expect(try await record("one", "model,domain,ppl\nthird,a,4\n", "--baseline", "third").status == 0)
            #expect(try await baselines("one") == ["third"])
            #expect(try await record("two", "model,domain,ppl\nfirst,a,3\n").status == 0)
            try await daemon.with { client in
                let (one, two) = (try await client.revisions(of: "one"), try await client.revisions(of: "two"))
                #expect(one.count == 1 && two.count == 1 && one[0].digest != two[0].digest)
                let upload = DomainSetUpload(
                    kind: .documents, split: "test", seed: 1, domains: [try #require(DomainName("news/agency"))])
                _ = try await client.addRevision(of: "texts", upload, documents: [DocumentLine(domain: 0, text: "a text")])
            }
            let refused = try await record("three", "model,domain,ppl\nfirst,a,3\n", "--domain-set", "texts")
            #expect(refused.status == 1 && refused.errors.contains("has documents, and a/a is none of its domains"), "\(refused.errors)")
            #expect(try await daemon.with { try await $0.revisions(of: "texts") }.count == 1)
            try await daemon.stop()
        }

        @Test("a file of which nothing can be taken is a failure, and a dry run records nothing")
        func nothing() async throws {
            let daemon = try await Site.here.daemon("record-nothing")
            let bad = try await Tool.run(
                "track", "record", try file("bad.csv", "domain,ppl\na,\n"), "--format", "csv", "--lineage", "nothing", on: daemon.folder)
            #expect(bad.status == 1 && bad.errors.contains("bad.csv:2, ppl: is empty"))
            let dry = try await Tool.run(
                "track", "record", try file("dry.csv", Self.table), "--format", "csv", "--lineage", "nothing", "--dry-run",
                on: daemon.folder)
            #expect(dry.status == 0)
            #expect(try await daemon.with { try await $0.checkpoints(lineage: "nothing") }.isEmpty)
            try await daemon.stop()
        }

        /// As published with Paloma's code. It is not a part of this repository.
        static let palomaFile = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../../shared/data/paloma-pythia-1b.csv"
        ).standardized.path

        @Test(
            "three checkpoints of 578 domains are one card of less than 300 kB",
            .enabled(
                if: FileManager.default.fileExists(atPath: RecordCommandTests.palomaFile), "shared/data/paloma-pythia-1b.csv is not here"))
        func paloma() async throws {
            let daemon = try await Site.here.daemon("record-paloma")
            let (status, errors) = try await Tool.run("track", "record", Self.palomaFile, "--format", "csv", on: daemon.folder)
            #expect(status == 0 && !errors.contains("Skipped"), "\(errors)")
            try await daemon.with { client in
                let (card, page) = try await card("paloma-pythia-1b", client)
                #expect(card.checkpoints.map(\.step) == [10000, 20000, 30000])
                #expect(card.domains.count == 578 && card.domains.allSatisfy { $0.path.count == 3 && !$0.path.contains(nil) })
                #expect(page.count < 300_000, "\(page.count) bytes")
            }
            try await daemon.stop()
        }
    }
}
