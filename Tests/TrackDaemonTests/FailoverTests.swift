import FoundationEssentials
import Testing
import TrackClient
import TrackCore

extension DaemonTests {
    /// Another server takes over at the address of `database.url`, without the newest records, while trackd and its clients live.
    @Suite struct FailoverTests {
        enum Successor: CaseIterable {
            /// A copy that lagged behind and was promoted.
            case standby
            /// A new server with last night's dump.
            case backup
        }

        @Test(
            "what the lost server had acknowledged is sent again, once, under its own checkpoint, and `track verify` proves it",
            arguments: Successor.allCases)
        func takeOver(_ successor: Successor) async throws {
            let folder = StateFolder(path: try Site.here.root + "/failover-\(successor)")
            let servers = try ForeignServer.folder(folder.path + "-servers")
            defer { ForeignServer.abandon(servers) }
            let first = try await ForeignServer.make(servers + "/first", at: try ForeignServer.folder(servers + "/address"))
            let migrated = try await Tool.run("trackd", "migrate", "--database-url", first.url, on: folder)
            #expect(migrated.status == 0, "\(migrated.errors)")
            let daemon = try await RunningDaemon(folder, environment: ["TRACK_DATABASE_URL": first.url])
            // The client of the same machine: what it records goes through its spool.
            let spool = Spool(folder)

            let evaluations = try await daemon.with { client in try await Evaluations("failover", client: client) }
            let old = try await record(0, evaluations, spool, folder)
            let kept = try await keep(first, successor, servers, folder)
            let lost = try await record(1, evaluations, spool, folder)
            let before = try await daemon.with { client in try await client.status() }
            #expect(before.runs == 2)

            try await first.stop("immediate")
            switch successor {
            case .standby: try await ForeignServer.promote(kept.data, at: first.address)
            case .backup:
                try await kept.stop()
                try await kept.start(at: first.address)
            }
            // Somebody else comes first, and gets the number that the lost checkpoint had.
            try await daemon.with(tries: 100) { client in
                _ = try await evaluations.add(9, client: client)
                let after = try await client.status()
                #expect(after.epoch != before.epoch && after.runs == 1)
            }

            // Nothing is put off, though trackd still keeps the numbers of the lost rows.
            try await sync(folder)
            try await daemon.with { client in
                for (run, name) in [(old, "failover/checkpoint-0"), (lost, "failover/checkpoint-1")] {
                    let view = try await client.run(run.id)
                    #expect(view.checkpoint == name && view.digest == run.digest)
                    #expect(try await client.record(run) == .duplicate)
                }
                #expect(try await client.status().runs == 2)
            }
            let verified = try await Tool.run("track", "verify", on: folder)
            #expect(verified.status == 0, "\(verified.errors)")
            #expect(Program.isAlive(daemon.program.pid))
            #expect(try await daemon.stop() == 0)
            try await kept.stop()
        }

        /// Writes a checkpoint and a run of it to the spool, and delivers both.
        private func record(
            _ step: Int64, _ evaluations: Evaluations, _ spool: Spool, _ folder: StateFolder
        ) async throws -> EvaluationRun {
            let run = evaluations.run(step)
            let checkpoint = AddCheckpointRequest(
                lineage: evaluations.lineage, checkpoint: evaluations.description(step), domainSet: evaluations.lineage, evaluate: false)
            try spool.write(SpoolRecord(checkpoint, at: Timestamp(Date())))
            try spool.write(SpoolRecord(RecordRunRequest(run: run, attempt: nil), at: Timestamp(Date()).adding(seconds: 1)))
            try await sync(folder)
            return run
        }

        private func sync(_ folder: StateFolder) async throws {
            let synced = try await Tool.run("track", "sync", on: folder)
            #expect(synced.status == 0, "\(synced.errors)")
        }

        /// The successor, as it is now: a standby that is not started, or a server at another address.
        private func keep(
            _ server: ForeignServer, _ successor: Successor, _ servers: String, _ folder: StateFolder
        ) async throws -> ForeignServer {
            switch successor {
            case .standby: return try await server.copy(to: servers + "/standby")
            case .backup:
                let dump = servers + "/night.dump"
                let made = try await Tool.run("trackd", "backup", dump, "--database-url", server.url, on: folder)
                #expect(made.status == 0, "\(made.errors)")
                let other = try await ForeignServer.make(servers + "/restored", at: try ForeignServer.folder(servers + "/aside"))
                let elsewhere = StateFolder(path: servers + "/elsewhere")
                let restored = try await Tool.run("trackd", "restore", dump, "--database-url", other.url, on: elsewhere)
                #expect(restored.status == 0, "\(restored.errors)")
                return other
            }
        }
    }
}
