import FoundationEssentials
import Glibc
import Postgres
import Testing
import TrackClient
import TrackCore

/// The Python of the evaluator that track comes with.
private let evaluatorPython = ProcessInfo.processInfo.environment["TRACK_EVALUATOR_PYTHON"]

extension DaemonTests {
    /// trackd and everything in its process group killed in the middle of an evaluation, with the evaluator that track comes with.
    @Suite(.enabled(if: evaluatorPython != nil, "TRACK_EVALUATOR_PYTHON does not name a Python that has track_evaluator"))
    struct ResumeTests {
        private static let models = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../python/tests"
        ).standardized.path

        /// Runs the real evaluator and writes down which domains it is asked for. While the file `hold` is there, its words stop after as
        /// many domains as that says, so that whoever listens is in the middle for as long as it lives.
        private static func interpreter(_ folder: String) -> String {
            """
            #!/bin/sh
            here=\(folder)
            note() {
                while IFS= read -r line; do
                    printf '%s\\n' "$line" | grep -o '"index": *[0-9]*' | grep -o '[0-9]*$' | paste -sd ' ' >>"$here/asked"
                    printf '%s\\n' "$line"
                done
            }
            hold() {
                [ -e "$here/hold" ] || exec cat
                left=$(cat "$here/hold")
                while [ "$left" -gt 0 ] && IFS= read -r line; do
                    printf '%s\\n' "$line"
                    case $line in *'"domain"'*) left=$((left - 1)) ;; esac
                done
                exec cat >/dev/null
            }
            note | \(evaluatorPython ?? "python3") "$@" | hold
            """
        }

        @Test("what was measured before the kill is not scored again, and the run has the very numbers of one that nothing disturbed")
        func killed() async throws {
            let folder = try EvaluatedFolder("resume-files", domains: 6)
            let python = try #require(evaluatorPython)
            let made = try Program(
                python, ["-c", "import models, pathlib; models.save(pathlib.Path('\(folder.path)/checkpoint-3'))"],
                environment: ["PATH": "/usr/bin:/bin", "HOME": folder.path, "PYTHONPATH": Self.models, "HF_HUB_OFFLINE": "1"],
                log: folder.path + ".models.log")
            #expect(try await made.ended(within: .seconds(600)) == 0, "\(made.errors)")
            // It was saved with mode 0600.
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path + "/checkpoint-3") {
                chmod("\(folder.path)/checkpoint-3/\(name)", 0o644)
            }
            // Written by another program: a child of this process, forked in the same moment, would hold it open, and what is open for
            // writing cannot be run ("text file busy").
            let text = try folder.write("interpreter", Self.interpreter(folder.path))
            let installed = try Program(
                "/usr/bin/install", ["-m", "755", text, folder.path + "/python"], environment: [:], log: folder.path + ".install.log")
            #expect(try await installed.ended(within: .seconds(120)) == 0, "\(installed.errors)")
            let environment = [
                "TRACK_WORKER_ENABLED": "true", "TRACK_WORKER_POLL": "0.1", "TRACK_JOBS_RETRY": "0.1",
                "TRACK_EVALUATOR_PYTHON": folder.path + "/python",
            ]
            try folder.write("hold", "2")
            let first = try await RunningDaemon(try Site.here.folder("resume"), environment: environment, leadsGroup: true)
            try await folder.register("resume", checkpoint: "checkpoint-3", on: first.folder)
            let job = try await evaluate(first)
            // A heading and a line for each domain.
            let kept = first.folder.path + "/worker/kept/job-\(job.id).jsonl"
            func keptLines() -> Int { (try? Data(contentsOf: URL(filePath: kept)))?.count { $0 == UInt8(ascii: "\n") } ?? 0 }
            let isInTheMiddle = try await first.with { client in
                try await eventually(within: .seconds(600)) {
                    if keptLines() == 3 { return true }
                    return try await client.job(job.id).state.isOpen ? nil : false
                }
            }
            #expect(isInTheMiddle == true, "\(first.program.errors)")
            try await first.killGroup()
            try folder.remove("hold")

            let second = try await RunningDaemon(first.folder, environment: environment)
            let disturbed = try await ended(job, second)
            let undisturbed = try await ended(try await evaluate(second), second)
            #expect(disturbed.attempts == 2 && undisturbed.attempts == 1)
            // A later job measures everything itself.
            #expect(try folder.asked() == [[0, 1, 2, 3, 4, 5], [2, 3, 4, 5], [0, 1, 2, 3, 4, 5]])
            #expect(keptLines() == 0)
            // Text of a float8 stands for its very bits.
            let numbers = try await second.read { db in
                try db.rows(
                    """
                    SELECT (r.status, r.nll, r.tokens, r.bytes, r.words, r.histogram, d.scored, d.nll, d.tokens, d.bytes, d.words, t.kept,
                            t.id, t.count, t.nll, t.rest_count, t.rest_nll)::text
                    FROM evaluation_run r JOIN run_documents d ON d.run_id = r.id JOIN run_types t ON t.run_id = r.id
                    """, as: String.self)
            }
            #expect(numbers.count == 2 && Set(numbers).count == 1)
            try await second.stop()
        }

        private func evaluate(_ daemon: RunningDaemon) async throws -> JobView {
            try await daemon.with { client in
                try await client.evaluate(EvaluateRequest(checkpoint: "resume/checkpoint-3", domainSet: nil, scoring: nil, request: UUID()))
            }
        }

        private func ended(_ job: JobView, _ daemon: RunningDaemon) async throws -> JobView {
            let found = try await daemon.with { client in
                try await eventually(within: .seconds(600)) {
                    let now = try await client.job(job.id)
                    return now.state.isOpen ? nil : now
                }
            }
            let end = try #require(found, "\(daemon.program.errors)")
            #expect(end.state == .succeeded, "\(end.lastError ?? "")")
            return end
        }
    }
}
