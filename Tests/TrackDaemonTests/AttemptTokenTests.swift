import FoundationEssentials
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    @Suite struct AttemptTokenTests {
        private func beat(_ daemon: RunningDaemon, _ token: String, _ attempt: AttemptReference) async throws -> Problem? {
            try await daemon.refusal(carrying: token) { client in
                let answer = try await client.beat(attempt, BeatRequest(progress: nil))
                #expect(answer.instruction == .goOn)
            }
        }

        @Test("an attempt's token speaks for that attempt alone, survives the daemon's death, and ends with the attempt")
        func life() async throws {
            var daemon = try await Site.here.daemon("attempt-tokens")
            let (worker, other) = (try await daemon.token("gpu-1", .worker), try await daemon.token("gpu-2", .worker))
            let claim = try await daemon.claimedAttempt("attempts", as: worker)
            let elsewhere = AttemptReference(job: claim.job.job, fence: claim.job.fence + 1)
            #expect(try await beat(daemon, claim.token, claim.job.attempt) == nil)
            #expect(try await beat(daemon, worker, claim.job.attempt) == nil)
            #expect(try await beat(daemon, claim.token, elsewhere)?.status == 403)
            #expect(try await beat(daemon, other, claim.job.attempt)?.status == 403)
            let submitter = try await daemon.token("ci", .submitter)
            #expect(try await beat(daemon, submitter, claim.job.attempt)?.status == 403)

            try await daemon.kill()
            daemon = try await RunningDaemon(daemon.folder)
            #expect(try await beat(daemon, claim.token, claim.job.attempt) == nil)

            var run = try await daemon.with { client in try await Evaluations("attempts", client: client).run(0) }
            run.scoring = .scored(claim.job.scoring)
            func record(_ run: EvaluationRun, _ attempt: AttemptReference?, _ token: String) async throws -> (RecordVerdict?, Int?) {
                var verdict: RecordVerdict?
                let problem = try await daemon.refusal(carrying: token) { client in
                    verdict = try await client.recordRun(RecordRunRequest(run: run, attempt: attempt)).verdict
                }
                return (verdict, problem?.status)
            }
            // A run without an attempt, or for another's, is not a worker's to record; nor may a submitter end a worker's job.
            for (attempt, token) in [
                (nil, claim.token), (nil, worker), (elsewhere, claim.token), (claim.job.attempt, other), (claim.job.attempt, submitter),
            ] {
                #expect(try await record(run, attempt, token) == (nil, 403), "\(String(describing: attempt))")
            }
            #expect(try await record(run, claim.job.attempt, claim.token) == (.accepted, nil))
            #expect(try await record(run, claim.job.attempt, claim.token) == (nil, 401))
            #expect(try await record(run, claim.job.attempt, worker) == (.duplicate, nil))
            #expect(try await record(run, claim.job.attempt, other) == (nil, 403))
            #expect(try await beat(daemon, claim.token, claim.job.attempt)?.detail.contains("ended with its attempt") == true)
            for token in [claim.token, worker] { #expect(!daemon.program.errors.contains(token.suffix(43)), "no log holds a secret") }
            try await daemon.stop()
        }

        @Test("whose token is revoked, also loses what is being evaluated with it")
        func revoked() async throws {
            let daemon = try await Site.here.daemon("revoked-worker")
            let worker = try await daemon.token("gpu-1", .worker)
            let claim = try await daemon.claimedAttempt("revoked", as: worker)
            try await daemon.with { client in _ = try await client.revokeToken(try #require(AccessToken(worker)).id) }
            #expect(try await beat(daemon, claim.token, claim.job.attempt)?.status == 401)
            #expect(try await beat(daemon, worker, claim.job.attempt)?.status == 401)
            // The same worker with a new token goes on.
            let renewed = try await daemon.token("gpu-1", .worker)
            #expect(try await beat(daemon, renewed, claim.job.attempt) == nil)
            try await daemon.stop()
        }
    }
}
