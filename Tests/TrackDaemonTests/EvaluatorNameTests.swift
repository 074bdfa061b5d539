import FoundationEssentials
import Testing
import TrackAPI
import TrackClient
import TrackCore

extension DaemonTests {
    @Suite struct EvaluatorNameTests {
        /// What stops an evaluation of the one checkpoint.
        private func refusal(of evaluator: String?, _ daemon: RunningDaemon) async throws -> Problem? {
            let wanted = EvaluateRequest(
                checkpoint: "names/checkpoint-1", domainSet: nil, scoring: nil, evaluator: evaluator, request: UUID())
            return try await daemon.refusal { _ = try await $0.evaluate(wanted) }
        }

        /// A worker asks for work.
        private func claim(_ evaluators: [String], _ daemon: RunningDaemon) async throws -> String? {
            let request = ClaimRequest(worker: UUID(), host: "node", pid: 1, embedded: false, evaluators: evaluators)
            return try await daemon.with { client in try await client.claim(request)?.job.evaluator }
        }

        @Test("an evaluation is refused at once when workers ask for work and none of them has, or ever had, its evaluator")
        func misspelt() async throws {
            let daemon = try await Site.here.daemon("evaluators")
            try await daemon.with { client in _ = try await Evaluations("names", client: client).add(1, client: client) }
            // No worker has asked yet, and one of them may have it.
            #expect(try await refusal(of: "gpu", daemon) == nil)
            #expect(try await claim(["gpu"], daemon) == "gpu")
            #expect(try await claim(["transformers"], daemon) == nil)
            #expect(try await refusal(of: "gpu", daemon) == nil)
            let refused = try #require(try await refusal(of: "gqu", daemon))
            #expect(refused.status == 422 && refused.faults?.first?.reason.contains("gpu, transformers") == true, "\(refused)")
            #expect(try await claim(["gqu"], daemon) == nil, "a refused evaluation leaves a job")
            try await daemon.stop()

            let again = try await RunningDaemon(daemon.folder)
            #expect(try await claim(["other"], again) == nil)
            // Its worker is away, but was there.
            #expect(try await refusal(of: "gpu", again) == nil)
            #expect(try await refusal(of: "gqu", again) != nil)
            // A lineage's own evaluator was chosen before any worker had to be there.
            #expect(try await refusal(of: nil, again) == nil)
            try await again.stop()
        }

        @Test("nothing is known to be wrong before a worker has asked, or when one takes any job")
        func unknown() {
            let offered = OfferedEvaluators()
            #expect(offered.all == nil)
            offered.add([])
            #expect(offered.all == nil)
            offered.add(["b", "a"])
            offered.add(["c"])
            #expect(offered.all == ["a", "b", "c"])
            offered.add(nil)
            #expect(offered.all == nil)
        }
    }
}
