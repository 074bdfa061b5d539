import FoundationEssentials
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    /// `track evaluate` as a person runs it, with the daemon's own worker.
    @Suite struct EvaluateCommandTests {
        /// Of the worker's tests: its numbers come from the documents' text.
        private static let program = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../TrackWorkerTests/Programs/mortal_evaluator.py"
        ).standardized.path

        @Test("an evaluator of the administrator's file does what asks for it by name; a name that no worker has is refused, and nothing is queued")
        func named() async throws {
            let folder = try EvaluatedFolder("evaluate-files", domains: 2)
            try folder.writeCheckpoint("checkpoint-7")
            try folder.write("machine", "this one")
            let program = try folder.write("evaluator.py", try Data(contentsOf: URL(filePath: Self.program)))
            let state = try Site.here.folder("evaluate")
            let file = #"{"evaluators": {"by-text": {"command": ["/usr/bin/env", "python3", "\#(program)", "\#(folder.path)"]}}}"#
            try Data(file.utf8).write(to: URL(filePath: state.path + "/evaluators.json"))
            let daemon = try await RunningDaemon(state, environment: ["TRACK_WORKER_ENABLED": "true", "TRACK_WORKER_POLL": "0.1"])
            try await folder.register("by-name", checkpoint: "checkpoint-7", on: state)

            let given = try await Tool.ask(
                "track", "evaluate", "by-name/checkpoint-7", "--evaluator", "by-text", "--wait", "--json", on: state)
            #expect(given.status == 0, "\(given.errors)")
            let job = try WireCoding.decode(JobView.self, from: Data(given.output.utf8))
            #expect(job.state == .succeeded && job.evaluator == "by-text" && job.attempts == 1)
            let run = try await daemon.with { try await $0.run(try #require(job.run)) }
            #expect(run.evaluator == "mortal 1" && run.domains.count == 2 && run.domains.allSatisfy { $0.failure == nil })
            #expect(try folder.asked() == [[0, 1]])

            let misspelt = try await Tool.run("track", "evaluate", "by-name/checkpoint-7", "--evaluator", "by-txet", on: state)
            #expect(misspelt.status == 1 && misspelt.errors.contains("No worker has the evaluator by-txet"), "\(misspelt.errors)")
            #expect(try await daemon.with { try await $0.openJobs() }.isEmpty)
            let nameless = try await Tool.run("track", "evaluate", "by-name/checkpoint-7", "--evaluator", "no name!", on: state)
            #expect(nameless.status == 1 && nameless.errors.contains("evaluator"), "\(nameless.errors)")
            try await daemon.stop()
        }
    }
}
