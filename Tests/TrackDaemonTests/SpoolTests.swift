import FoundationEssentials
import Glibc
import Postgres
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    /// The spool against a real daemon: what was written on a machine is in the database, and `track verify` says so only when it is true.
    @Suite struct SpoolTests {
        private func spool(_ name: String) throws -> (spool: Spool, folder: StateFolder) {
            let folder = StateFolder(path: try Site.here.root + "/spool-" + name)
            return (Spool(folder), folder)
        }

        /// Runs the command line against the shared daemon.
        private func track(_ arguments: String..., folder: StateFolder) throws -> Program {
            let daemon = try Site.here.shared
            let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? own
            let path = bundle.prefix(through: bundle.lastIndex(of: "/") ?? bundle.startIndex) + "track"
            return try Program(
                String(path), arguments,
                environment: [
                    "PATH": "/usr/bin:/bin", "HOME": folder.path, "TRACK_STATE_FOLDER": folder.path,
                    "TRACK_URL": "unix:" + daemon.folder.socket,
                ], log: folder.path + ".\(UUID().uuidString.prefix(8)).log")
        }

        private func verify(_ spool: Spool, _ client: DaemonClient) async throws -> SpoolVerification {
            try await spool.verify(
                runs: { try await client.digests(of: $0) },
                checkpoints: { Set(try await client.checkpoints(lineage: $0).map(\.checkpoint.description.digest)) })
        }

        private func names(_ spool: Spool, _ folder: String) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: spool.path + "/" + folder)) ?? []).sorted()
        }

        @Test("digests are told of what is recorded, nothing of what is not, and of at most a thousand")
        func digests() async throws {
            let daemon = try Site.here.shared
            try await daemon.with { client in
                let evaluations = try await Evaluations("digests", client: client)
                try await evaluations.add(0, client: client)
                let run = evaluations.run(0)
                _ = try await client.record(run)
                let unknown = RunID.make(at: run.evaluatedAt)
                let found = try await client.digests(of: [unknown, run.id])
                #expect(found.map(\.id) == [run.id])
                #expect(found.first?.digest == run.digest)
                #expect(found.first?.recordedAt != nil)
                #expect(found.first?.keptApart == nil)
                let many = try await daemon.refusal { _ = try await $0.digests(of: Array(repeating: unknown, count: 1001)) }
                #expect(many?.faults?.map(\.field) == ["/ids"])
            }
        }

        @Test("D1, D2: two `track sync` at once deliver every record, each once; a replay changes nothing; `track verify` proves it")
        func race() async throws {
            let daemon = try Site.here.shared
            let (spool, folder) = try spool("race")
            let runs = try await daemon.with { client in
                let evaluations = try await Evaluations("race", client: client)
                let checkpoint = AddCheckpointRequest(
                    lineage: "race", checkpoint: evaluations.description(0), domainSet: "race", evaluate: false)
                try spool.write(SpoolRecord(checkpoint, at: Timestamp(milliseconds: 1_795_000_000_000)))
                let runs = (0..<12).map { _ in evaluations.run(0) }
                for run in runs {
                    try spool.write(SpoolRecord(RecordRunRequest(run: run, attempt: nil), at: run.evaluatedAt.adding(seconds: 1)))
                }
                let waiting = try await verify(spool, client)
                #expect(waiting.missing == 13)
                #expect(waiting.faults.allSatisfy { $0.isWaiting })
                return runs
            }
            // The checkpoint first, by itself: a run before its checkpoint would be refused.
            let first = try await daemon.with { client in
                try await spool.deliver(to: client.address.description, atOnce: true) { entry in
                    guard entry.envelope.kind == .checkpoint else { throw Problem(.unauthenticated, "the test stops here") }
                    return try await client.deliver(entry)
                }.delivery
            }
            #expect(first.sent == 1)
            let both = [try track("sync", folder: folder), try track("sync", folder: folder)]
            for program in both { #expect(try await program.ended() == 0, "\(program.errors)") }
            #expect(names(spool, "new") == [])
            #expect(names(spool, "sent").count == 13)
            try await daemon.with { client in
                let result = try await verify(spool, client)
                #expect(result.isSound)
                #expect(result.recorded == 13)
                #expect(Set(try await client.digests(of: runs.map(\.id)).map(\.digest)) == Set(runs.map(\.digest)))
            }
            #expect(try spool.replay(since: nil) == 13)
            #expect(try await track("sync", "--json", folder: folder).ended() == 0)
            #expect(try await track("verify", folder: folder).ended() == 0)
            let count = try await daemon.read { db in
                try db.one(
                    """
                    SELECT count(*) FROM evaluation_run r JOIN checkpoint c ON c.id = r.checkpoint_id JOIN lineage l ON l.id = c.lineage_id
                    WHERE l.name = 'race'
                    """, as: Int.self)
            }
            #expect(count == 12)
        }

        @Test("`track verify` names what is missing, what differs and what is damaged, and ends with 1")
        func faults() async throws {
            let daemon = try Site.here.shared
            let (spool, folder) = try spool("faults")
            let (other, absent) = try await daemon.with { client in
                let evaluations = try await Evaluations("verify-faults", client: client)
                try await evaluations.add(0, client: client)
                let good = evaluations.run(0)
                let recorded = evaluations.run(0)
                var other = recorded
                other.environment["host"] = "another"
                let absent = evaluations.run(0)
                for run in [good, recorded] { _ = try await client.record(run) }
                for run in [good, other, absent] {
                    try spool.keep(SpoolRecord(RecordRunRequest(run: run, attempt: nil), at: run.evaluatedAt), acknowledgedUnder: "e")
                }
                try spool.keep(
                    SpoolRecord(
                        AddCheckpointRequest(lineage: "verify-faults", checkpoint: evaluations.description(7)), at: good.evaluatedAt),
                    acknowledgedUnder: "e")
                let result = try await verify(spool, client)
                #expect(result.recorded == 1)
                #expect(result.different == 1)
                #expect(result.missing == 2)
                #expect(result.oldest == good.evaluatedAt)
                #expect(result.faults.allSatisfy { !$0.isWaiting && $0.file.hasPrefix(spool.path + "/sent/") })
                return (other, absent)
            }
            let program = try track("verify", folder: folder)
            #expect(try await program.ended() == 1)
            #expect(program.errors.contains("3 records"))
            let damaged = try #require(names(spool, "sent").first { $0.contains(absent.id.description) })
            try Data("TRK2".utf8).write(to: URL(filePath: spool.path + "/sent/" + damaged))
            try await daemon.with { client in
                let result = try await verify(spool, client)
                #expect(result.unreadable == 1)
                #expect(result.faults.contains { $0.label == "run \(other.id)" && $0.finding == .different })
            }
        }

        @Test("a refused record ends `track sync` and `track spool status` with 1; a daemon that is away ends `track sync` with 69")
        func refused() async throws {
            let (spool, folder) = try spool("refused")
            let unknown = AddCheckpointRequest(
                lineage: "not a name", checkpoint: CheckpointDescription(name: "a", uri: "file:///a", digest: Digest(ofText: "a")))
            try spool.write(SpoolRecord(unknown, at: Timestamp(milliseconds: 1_795_000_000_000)))
            #expect(try await track("spool", "status", folder: folder).ended() == 0)
            #expect(try await track("sync", folder: folder).ended() == 1)
            let status = try track("spool", "status", folder: folder)
            #expect(try await status.ended() == 1)
            #expect(status.errors.contains("track spool requeue"))
            #expect(names(spool, "quarantine").count == 2)
        }
    }
}
